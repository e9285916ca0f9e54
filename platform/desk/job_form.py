"""The form of a job, built from what its kind and family announced: inputs by role, parameters, seed, purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import DatasetVersion, ModelVersion, Plugin, Stage, VersionState
from desk.form_errors import place
from desk.parameter_fields import parameter_fields, parameters
from jobs.admission import admit
from jobs.models import Job
from jobs.services import submit
from models_store.errors import ProductError

INPUT, PARAM = "input_", "param_"
PLACES = {"params.": PARAM, "inputs.": INPUT, "": INPUT}
ROLES = {
    "data": gettext_noop("Data"),
    "into": gettext_noop("Into"),
    "model": gettext_noop("Model"),
    "parent": gettext_noop("Parent model"),
    "upload": gettext_noop("File"),
}
LISTED = 200  # newest data sets or models to choose from
USABLE = (Stage.DRAFT, Stage.APPROVED)


class JobForm(forms.Form):
    """Fields for one kind of job (and one family, where the kind takes one)."""

    def __init__(self, kind: Plugin, family: Plugin | None, *, user: User, **said: Any) -> None:
        super().__init__(**said)
        self.kind, self.family, self.user = kind, family, user
        roles = {**kind.abilities.get("roles", {}), **(family.abilities.get("roles", {}) if family else {})}
        self.inputs = {INPUT + role: _choice(role, needs, user) for role, needs in roles.items()}
        self.params = parameter_fields((family or kind).schema, PARAM)
        self.fields |= self.inputs | self.params | _texts(family is not None)

    def input_fields(self) -> list[forms.BoundField]:
        """What the job works on."""
        return [self[name] for name in self.inputs]

    def param_fields(self) -> list[forms.BoundField]:
        """What the plug-in lets one set."""
        return [self[name] for name in self.params]

    def about_fields(self) -> list[forms.BoundField]:
        """What people say about the job."""
        return [self[name] for name in self.fields if name not in self.inputs and name not in self.params]

    def body(self) -> dict[str, Any]:
        """The submission as REST would send it."""
        given = self.cleaned_data
        about = {name: given[name] for name in ("name", "seed", "purpose", "intended_use") if given.get(name)}
        inputs = {name.removeprefix(INPUT): given[name] for name in self.inputs if given.get(name)}
        family = {"family": self.family.name} if self.family else {}
        return {"kind": self.kind.name, "inputs": inputs, "params": parameters(given, PARAM)} | about | family

    def submitted(self) -> Job | None:
        """The new job; None with the errors beside the fields where the submission was refused."""
        if not self.is_valid():
            return None
        try:
            job, _new = submit(admit(self.body(), actor=self.user), actor=self.user)
        except ProductError as error:
            place(self, error, PLACES)
            return None
        return job


def role_title(role: str) -> str:
    """What an input is called."""
    return _(ROLES[role]) if role in ROLES else role


def _choice(role: str, needs: Mapping[str, Any], user: User) -> forms.ChoiceField:
    choices = _datasets(needs, user) if needs["takes"] == "dataset_version" else _models(user)
    blank = [("", "—")] if not needs["required"] or not choices else []
    return forms.ChoiceField(
        label=role_title(role),
        choices=blank + choices,
        required=needs["required"],
        widget=UnfoldAdminSelectWidget,
        help_text="" if choices else _("There is nothing to choose from yet."),
    )


def _datasets(needs: Mapping[str, Any], user: User) -> list[tuple[str, str]]:
    rows = DatasetVersion.objects.filter(dataset__project__in=visible_projects(user), state=VersionState.READY)
    if needs["modalities"]:
        rows = rows.filter(dataset__modality__in=needs["modalities"])
    return [(str(row.pk), _described(row)) for row in rows.select_related("dataset__project")[:LISTED]]


def _described(row: DatasetVersion) -> str:
    items = sum(row.counts.values())
    count = ngettext("%(count)s item", "%(count)s items", items) % {"count": f"{items:,}"}
    return f"{row} · {count} · {row.dataset.project.slug}"


def _models(user: User) -> list[tuple[str, str]]:
    rows = ModelVersion.objects.filter(model__project__in=visible_projects(user), stage__in=USABLE)
    return [
        (str(row.pk), f"{row} · {row.get_stage_display()} · {row.model.project.slug}")
        for row in rows.select_related("model__project")[:LISTED]
    ]


def _texts(names_a_model: bool) -> dict[str, forms.Field]:
    text, area = UnfoldAdminTextInputWidget, UnfoldAdminTextareaWidget(attrs={"rows": 2})
    name_help = gettext_lazy("The model gets this name.") if names_a_model else gettext_lazy("To find the job again.")
    seed_help = gettext_lazy("A whole number; the same seed on the same machine gives the same result. Empty: drawn.")
    purpose_help = gettext_lazy("What it is for; it is written into the record of everything made.")
    fields: dict[str, forms.Field] = {
        "name": forms.CharField(
            label=gettext_lazy("Name"), max_length=100, required=False, widget=text, help_text=name_help
        ),
        "seed": forms.CharField(
            label=gettext_lazy("Seed"), max_length=20, required=False, widget=text, help_text=seed_help
        ),
        "purpose": forms.CharField(
            label=gettext_lazy("Purpose"), max_length=4000, required=False, widget=area, help_text=purpose_help
        ),
    }
    if names_a_model:
        fields["intended_use"] = forms.CharField(
            label=gettext_lazy("Intended use"), max_length=4000, required=False, widget=area,
            help_text=gettext_lazy("What the model may be used for; it stands on its card."),
        )  # fmt: skip
    return fields
