"""The form of a job, built from what its kind and family announced: inputs by role, parameters, seed, purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Alias, DatasetVersion, ModelVersion, Plugin, VersionState
from desk.form_errors import place
from desk.job.control_fields import ASKED, SWEEP, VALUES, SamplingFields, usable_models
from desk.job.parameter_fields import parameter_fields, parameters
from desk.job.then_fields import Following
from desk.night.window_form import window_field
from jobs.fitting import roles_of
from jobs.models import Job
from jobs.parents import ROLE as PARENT
from jobs.submission import send
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
ABOUT = ("name", "seed", "purpose", "intended_use", "window")
LISTED = 200  # newest data sets or models to choose from
MODEL = INPUT + "model"


class JobForm(forms.Form):
    """Fields for one kind of job, and for the family or the model that was chosen for it."""

    def __init__(
        self, kind: Plugin, family: Plugin | None, *, user: User, model: ModelVersion | None = None, **said: Any
    ) -> None:
        super().__init__(**said)
        self.kind, self.family, self.user = kind, family, user
        self.sampling = SamplingFields(model, PARAM) if model else None
        self.inputs = {
            INPUT + role: _choice(role, needs, _candidates(role, family, model, user), user)
            for role, needs in roles_of(kind, family).items()
        }
        if model:
            self.inputs[MODEL].widget = forms.HiddenInput()
            self.inputs[MODEL].initial = self.initial[MODEL] = _as_listed(self.inputs[MODEL], self.initial, model)
        self.params = parameter_fields((family or kind).schema, PARAM)
        self.following = Following(kind, family)
        chosen = self.sampling.fields if self.sampling else {}
        about = _texts(family is not None) | window_field(user)
        self.fields |= self.inputs | self.params | chosen | about | self.following.fields

    def input_fields(self) -> list[forms.BoundField]:
        """What the job works on."""
        return [self[name] for name in self.inputs if name == MODEL or not self.sampling]

    def model_choice(self) -> forms.BoundField | None:
        """The model, in a form of its own: what else is asked follows from it. None where nothing does."""
        if self.sampling is None:
            return None
        field = forms.ChoiceField(
            label=role_title("model"), choices=self.inputs[MODEL].choices, widget=UnfoldAdminSelectWidget
        )
        form = forms.Form(initial={"model": self.inputs[MODEL].initial})
        form.fields["model"] = field
        return form["model"]

    def control_fields(self) -> list[forms.BoundField]:
        """What the chosen model lets one set."""
        return [self[name] for name in self.sampling.controls] if self.sampling else []

    def sweep_fields(self) -> list[forms.BoundField]:
        """Several values of a control, or seeds with what lies between them."""
        return [self[name] for name in (*self.sampling.sweep, *self.sampling.path)] if self.sampling else []

    def further_fields(self) -> list[forms.BoundField]:
        """More models beside the chosen one, and how often each is taken."""
        others = [name for name in self.inputs if name != MODEL]
        return [self[name] for name in (*others, *self.sampling.weights)] if self.sampling and others else []

    def param_fields(self) -> list[forms.BoundField]:
        """What the plug-in lets one set."""
        return [self[name] for name in self.params]

    def about_fields(self) -> list[forms.BoundField]:
        """What people say about the job."""
        others = {*self.inputs, *self.params, *self.following.fields, *(self.sampling.fields if self.sampling else {})}
        return [self[name] for name in self.fields if name not in others]

    def then_fields(self) -> list[forms.BoundField]:
        """What is to come then."""
        return [self[name] for name in self.following.fields]

    def clean(self) -> dict[str, Any]:
        """Values to try belong to a control."""
        given = super().clean() or self.cleaned_data
        if given.get(VALUES) and not given.get(SWEEP):
            self.add_error(SWEEP, _("Choose what these values are of."))
        return given

    def asked(self) -> dict[str, Any]:
        """Parameters; those that shape networks and were left as they stood come from the parent, if any."""
        given, known = self.cleaned_data, (self.family or self.kind).schema.get("properties", {})
        params = parameters({name: value for name, value in given.items() if name not in ASKED.values()}, PARAM)
        if given.get(INPUT + PARENT):
            kept = {name for name, said in known.items() if said.get("shapes") and params.get(name) == said["default"]}
            params = {name: value for name, value in params.items() if name not in kept}
        return params | (self.sampling.params(given) if self.sampling else {})

    def body(self) -> dict[str, Any]:
        """The submission as REST would send it."""
        given = self.cleaned_data
        about = {name: given[name] for name in ABOUT if given.get(name)}
        inputs = {name.removeprefix(INPUT): given[name] for name in self.inputs if given.get(name)}
        family = {"family": self.family.name} if self.family else {}
        then = self.following.bodies(given)
        more = about | family | ({"then": then} if then else {})
        return {"kind": self.kind.name, "inputs": inputs, "params": self.asked()} | more

    def submitted(self) -> Job | None:
        """The new job; None with the errors beside the fields where the submission was refused."""
        return self._sent(self.body)

    def estimated(self) -> Job | None:
        """A job that says what this one would need; None with the errors beside the fields as for the job itself."""
        about = ("family", "inputs", "params")
        return self._sent(lambda: {"kind": "estimate"} | {name: self.body()[name] for name in about})

    def _sent(self, body: Callable[[], dict[str, Any]]) -> Job | None:
        if not self.is_valid():
            return None
        try:
            job, _new = send(body(), actor=self.user)
        except ProductError as error:
            sampled = self.sampling.places(error.field or "") if self.sampling else {}
            place(self, error, self.following.places(self.following.bodies(self.cleaned_data)) | sampled | PLACES)
            return None
        return job


def role_title(role: str) -> str:
    """What an input is called; the second of a kind is `model_2`."""
    name, _between, number = role.partition("_")
    if number.isdecimal() and name in ROLES:
        return f"{_(ROLES[name])} {number}"
    return _(ROLES[role]) if role in ROLES else role


def _candidates(role: str, family: Plugin | None, model: ModelVersion | None, user: User) -> QuerySet[ModelVersion]:
    """Models that could be this input: of the family that goes on from it, or of the kind of thing that is made."""
    rows = usable_models(user)
    if role == PARENT and family:
        return rows.filter(family=family.name)
    return rows.filter(modality=model.modality) if model and INPUT + role != MODEL else rows


def _choice(role: str, needs: Mapping[str, Any], models: QuerySet[ModelVersion], user: User) -> forms.ChoiceField:
    choices = _datasets(needs, user) if needs["takes"] == "dataset_version" else _described_models(models)
    blank = [("", "—")] if not needs["required"] or not choices else []
    return forms.ChoiceField(
        label=role_title(role),
        choices=blank + choices,
        required=needs["required"],
        widget=UnfoldAdminSelectWidget,
        help_text=_help(role) if choices else _nothing(needs),
    )


def _nothing(needs: Mapping[str, Any]) -> str:
    if needs["takes"] == "dataset_version":
        return _("No data set is there that fits: bring such data, or choose another method.")
    return _("There is nothing to choose from yet.")


def _help(role: str) -> str:
    if role != PARENT:
        return ""
    return _("The training goes on from it; parameters that shape networks are as there where you leave them.")


def _datasets(needs: Mapping[str, Any], user: User) -> list[tuple[str, str]]:
    rows = DatasetVersion.objects.filter(dataset__project__in=visible_projects(user), state=VersionState.READY)
    if needs["modalities"]:
        rows = rows.filter(dataset__modality__in=needs["modalities"])
    return [(str(row.pk), _described(row)) for row in rows.select_related("dataset__project")[:LISTED]]


def _described(row: DatasetVersion) -> str:
    items = sum(row.counts.values())
    count = ngettext("%(count)s item", "%(count)s items", items) % {"count": f"{items:,}"}
    return f"{row} · {count} · {row.dataset.project.slug}"


def _described_models(rows: QuerySet[ModelVersion]) -> list[tuple[str, str]]:
    """Aliases first: what they stand for is found when the job is submitted."""
    shown = rows[:LISTED]
    aliases = Alias.objects.filter(version__in=list(shown)).select_related("model__project", "version__model")
    known = [
        (f"{alias.model_id}@{alias.name}", f"{alias} → {alias.version} · {alias.model.project.slug}")
        for alias in aliases.order_by("model__name", "name")
    ]
    return known + [
        (str(row.pk), f"{row} · {row.get_stage_display()} · {row.model.project.slug}") for row in shown
    ]  # fmt: skip


def _as_listed(field: forms.ChoiceField, initial: Mapping[str, Any], model: ModelVersion) -> str:
    """The choice that was asked for (`name@alias` is listed by the model's id), else the model itself."""
    _name, at, word = str(initial.get(MODEL, "")).rpartition("@")
    wanted = f"{model.model_id}@{word}" if at else ""
    return wanted if wanted in dict(field.choices) else str(model.pk)


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
