"""The part of a form that follows from the chosen model: its controls, a sweep, a path of seeds, further models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import ModelVersion
from catalog.naming import model_version_for
from catalog.plugins import newest
from catalog.stages import USABLE
from desk.job.parameter_fields import parameter_fields
from jobs.controls import controls_of, interpolates, spec_of, told_classes
from jobs.values_of_data import field_of, labels
from models_store.errors import ProductError
from models_store.ids import is_uuid

SWEEP, VALUES, PATH, WEIGHTS = "sweep_control", "sweep_values", "path_seeds", "param_weights"
ASKED = {"params.sweep": VALUES, "params.interpolate": PATH, "params.weights": WEIGHTS}  # place in a body -> field


def usable_models(user: User) -> QuerySet[ModelVersion]:
    """Models that a person may put to use, newest first."""
    rows = ModelVersion.objects.filter(model__project__in=visible_projects(user), stage__in=USABLE)
    return rows.select_related("model__project", "dataset_version")


def chosen_model(user: User, said: str) -> ModelVersion | None:
    """The model that is named (an id, or name@alias), else the newest; None where there is none."""
    rows = usable_models(user)
    try:
        wanted = said if is_uuid(said) else model_version_for(user, said).pk
    except ProductError:
        return rows.first()
    return rows.filter(pk=wanted).first() or rows.first()


class SamplingFields:
    """What may be chosen when this model is sampled, as fields; what was chosen, as parameters."""

    def __init__(self, model: ModelVersion, prefix: str) -> None:
        family = newest("family", model.family)
        self.model = model
        self.schema = controls_of(family) if family else {}
        told = family is None or told_classes(family, model)
        self.controls = control_fields(self.schema, spec_of(model) or {}, prefix, told=told)
        path = family is not None and interpolates(family)
        self.sweep = _sweep(self.controls, prefix) if self.controls else {}
        self.path = {PATH: _path()} if path else {}
        self.weights = {WEIGHTS: _weights()}
        self.fields = self.controls | self.sweep | self.path | self.weights

    def params(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Sweep, path and weights as REST would send them; controls are among the other parameters of the form."""
        found: dict[str, Any] = {}
        if name := given.get(SWEEP):
            said = self.schema.get("properties", {}).get(name, {})
            found["sweep"] = {name: [as_said(word, said.get("type")) for word in words(given.get(VALUES, ""))]}
        if path := words(given.get(PATH, "")):
            found["interpolate"] = path
        if weights := words(given.get(WEIGHTS, "")):
            found["weights"] = [as_said(word, "number") for word in weights]
        return found

    def places(self, field: str) -> dict[str, str]:
        """Where an error of this place in the body stands in the form (desk/form_errors.py)."""
        found = next((name for start, name in ASKED.items() if field.startswith(start)), "")
        return {field: found} if found else {}


def control_fields(
    schema: Mapping[str, Any], spec: Mapping[str, Any], prefix: str, *, told: bool = True
) -> dict[str, forms.Field]:
    """One field for each control: a class is chosen from those of the data, a beginning of a text has some room.

    What needs classes is left out where there are none, or where the model was not `told` them.
    """
    fields, classes = parameter_fields(schema, prefix), told and labels(spec, field_of(spec, "condition"))
    for name, said in schema.get("properties", {}).items():
        if said.get("needs_classes") and not classes:
            fields.pop(prefix + name, None)
            continue
        field = fields.get(prefix + name)
        if isinstance(field, forms.CharField) and said.get("of_spec") == "condition":
            known = [(label, label) for label in labels(spec, field_of(spec, "condition"))]
            fields[prefix + name] = forms.ChoiceField(
                choices=[("", _("any")), *known], label=field.label, help_text=field.help_text, required=False,
                initial=field.initial, widget=UnfoldAdminSelectWidget,
            )  # fmt: skip
        elif isinstance(field, forms.CharField) and said.get("of_spec") == "token":
            field.widget, field.strip = UnfoldAdminTextareaWidget(attrs={"rows": 3}), False
    return fields


def words(said: str) -> list[str]:
    """What stands between commas; where there are several lines, each line as it is."""
    parts = said.strip().splitlines() if "\n" in said.strip() else re.split("[,，]", said)
    return [part.strip() for part in parts if part.strip()]


def as_said(word: str, kind: str | None) -> Any:
    """A word as the number or switch that it writes; the word itself where it writes none."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(word.lower(), word)
    made: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}
    try:
        return made[kind](word) if kind in made else word
    except ValueError:
        return word


def _sweep(controls: Mapping[str, forms.Field], prefix: str) -> dict[str, forms.Field]:
    names = [(name.removeprefix(prefix), field.label) for name, field in controls.items()]
    return {
        SWEEP: forms.ChoiceField(
            choices=[("", "—"), *names], required=False, label=_("What to vary"), widget=UnfoldAdminSelectWidget
        ),
        VALUES: forms.CharField(
            required=False, label=_("Values"), max_length=20_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            help_text=_("2 to 64, with commas between them or one a line; each is tried on the same noise."),
        ),
    }  # fmt: skip


def _path() -> forms.Field:
    return forms.CharField(
        required=False, label=_("Path between seeds"), max_length=2000, widget=UnfoldAdminTextInputWidget,
        help_text=_("2 to 64 seeds with commas: what is made lies evenly on the way from the first to the last."),
    )  # fmt: skip


def _all_numbers(said: str) -> None:
    for word in words(said):
        if isinstance(as_said(word, "number"), str):
            raise forms.ValidationError(
                _("Weights are numbers with commas between them, for example 3, 1. Got: %(got)s.") % {"got": word}
            )


def _weights() -> forms.Field:
    return forms.CharField(
        required=False, label=_("Weights"), max_length=200, widget=UnfoldAdminTextInputWidget,
        validators=[_all_numbers],
        help_text=_("How often each model is taken, for example 3, 1; empty: all alike."),
    )  # fmt: skip
