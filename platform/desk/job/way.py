"""The way to a job, from choosing data to submitting: each step is an address that says all that was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import DatasetVersion, ModelVersion, Plugin
from catalog.plugins import available
from desk.job.control_fields import PATH, chosen_model, usable_models
from desk.job.form import PARAM, JobForm
from desk.job.input_fields import INPUT, MODEL, data_role
from desk.job.prefilled import Prefilled, prefilled
from desk.job.presets import usual
from jobs.fitting import roles_of
from jobs.releasing import hands_out
from models_store.ids import is_uuid

TITLES = {
    "data": gettext_noop("Data"),
    "model": gettext_noop("Model"),
    "method": gettext_noop("Method"),
    "parameters": gettext_noop("Parameters"),
    "submit": gettext_noop("Estimate and submit"),
}
LEARNS, SAMPLES = ("data", "method", "parameters", "submit"), ("model", "submit")
PASSING = ("step", "preset", "page", "q")  # of one step, not of the way
SPOKEN = ("name", "seed", "purpose", PATH)  # fields beside the parameters that an address may fill
OWN = ("kind", "family", "data", "model", "clone", *PASSING)


@dataclass(frozen=True, kw_only=True)
class Way:
    """What was chosen so far; a choice that is not there (any more) is None."""

    user: User
    said: QueryDict
    kind: Plugin
    families: Sequence[Plugin] = ()
    family: Plugin | None = None
    version: DatasetVersion | None = None
    model: ModelVersion | None = None
    filled: Prefilled = field(default_factory=Prefilled)

    @property
    def trains(self) -> bool:
        """Whether a method is chosen on it."""
        return bool(self.kind.abilities.get("chooses_family"))

    @property
    def steps(self) -> tuple[str, ...]:
        """Their names in order."""
        if self.trains:
            return LEARNS
        return SAMPLES if "model" in roles_of(self.kind, None) else ("submit",)

    @property
    def step(self) -> str:
        """The one that was asked for, as far as what comes before it was chosen; else the first that is open."""
        wanted = self.said.get("step", "")
        if wanted in self.steps and self.reachable(wanted):
            return wanted
        open_ones = [step for step in self.steps if self.reachable(step) and step not in ("submit",)]
        return "submit" if not self.trains and self.reachable("submit") else open_ones[-1]

    def reachable(self, step: str) -> bool:
        """Whether all that it builds on was chosen."""
        if step in ("data", "model"):
            return True
        if not self.trains:
            return self.model is not None or "model" not in self.steps
        needs_data = self.family is None or bool(data_role(self.kind, self.family))
        has_data = self.version is not None or not needs_data
        return has_data and (step == "method" or self.family is not None)

    def link(self, **changes: Any) -> str:
        """The address with some choices changed (None: taken back); another family has other parameters."""
        kept = self.said.copy()
        for name in PASSING:
            kept.pop(name, None)
        for name, chosen in self._chosen().items():
            kept[name] = chosen
        if "family" in changes and changes["family"] != (self.family and self.family.name):
            for name in [name for name in kept if name.startswith(PARAM) or name.startswith(INPUT) or name not in OWN]:
                kept.pop(name)
        for name, value in changes.items():
            kept.pop(name, None)
            if value is not None:
                kept[name] = str(value)
        return "?" + kept.urlencode()

    @property
    def here(self) -> str:
        """All that was chosen."""
        return self.link()

    @property
    def about(self) -> str:
        """What a form on this way is about, in short: what was typed into it comes back only there."""
        chosen = (self.family and self.family.name, self.version and self.version.pk, self.model and self.model.pk)
        origin = self.filled.job.pk if self.filled.job else None
        return "|".join(str(one) for one in (self.kind.name, *chosen, origin) if one)

    @property
    def fresh(self) -> str:
        """The parameters as they are by default."""
        return "?" + urlencode(dict(self.hidden()) | {"step": "parameters"})

    @property
    def back(self) -> str:
        """The parameters as they were typed."""
        return self.link(step="parameters")

    def header(self, current: str) -> list[dict[str, Any]]:
        """The steps as the head of a page shows them."""
        place = self.steps.index(current)
        return [
            {
                "number": number + 1, "title": self._title(step), "current": step == current, "done": number < place,
                "link": self.link(step=step) if number < place else "",
            }
            for number, step in enumerate(self.steps)
        ]  # fmt: skip

    def _title(self, step: str) -> str:
        return _("Settings and submit") if step == "submit" and not self.trains else _(TITLES[step])

    def hidden(self) -> list[tuple[str, str]]:
        """What the form of the parameters hands on beside its fields."""
        kept = {name: self.said[name] for name in ("kind", "clone") if self.said.get(name)}
        return list((kept | self._chosen()).items())

    def _chosen(self) -> dict[str, str]:
        """Data and method as an address says them."""
        chosen = {"family": self.family and self.family.name, "data": self.version and self.version.pk}
        return {name: str(value) for name, value in chosen.items() if value and self.trains}

    def form(self, posted: Mapping[str, Any] | None = None) -> JobForm:
        """The form as it stands at this point of the way: bound where something was sent."""
        return JobForm(
            self.kind, self.family, user=self.user, model=self.model, version=self.version, data=posted,
            initial=self.initial(),
        )  # fmt: skip

    def initial(self) -> dict[str, Any]:
        """What the fields begin with: the job that is cloned, a preset, what the address says."""
        known = roles_of(self.kind, self.family)
        roles = {INPUT + role: self.said[role] for role in known if self.said.get(role)}
        typed = {name: value for name, value in self.said.items() if name.startswith((PARAM, INPUT)) or name in SPOKEN}
        begun = self.filled.initial
        if self.filled.family != (self.family.name if self.family else ""):  # another method has other parameters
            begun = {name: value for name, value in begun.items() if not name.startswith(PARAM)}
        return dict(begun) | roles | self._preset() | typed

    def _preset(self) -> dict[str, Any]:
        named = (one for one in (self.family.abilities.get("presets", []) if self.family else []))
        values = next((one["values"] for one in named if one["name"] == self.said.get("preset")), None)
        if values is None or self.family is None:
            return {}
        return {PARAM + name: value for name, value in (usual(self.family.schema) | values).items()}

    def as_sent(self) -> QueryDict:
        """The address as if the form of the parameters had been posted; fields that it does not have as they begin."""
        sent, form = QueryDict(mutable=True), self.form()
        typed = bool(self.said.get("filled"))
        for name, one in form.fields.items():
            switched_off = typed and name in form.params and name not in self.said
            value = None if switched_off else one.prepare_value(form.get_initial_for_field(one, name))
            if value not in (None, "", False):
                sent[name] = str(value)
        return sent


def way_of(user: User, said: QueryDict, posted: QueryDict | None = None) -> Way | None:
    """The way at an address; None where no worker offers the kind, or any method for it.

    A posted form names its inputs itself, and has a method, if only the first.
    """
    filled = prefilled(user, said.get("clone", ""))
    kind = next((row for row in available("kind") if row.name == said.get("kind", filled.kind or "train")), None)
    families = available("family") if kind and kind.abilities.get("chooses_family") else []
    if kind is None or (kind.abilities.get("chooses_family") and not families):
        return None
    named = said.get("family") or filled.family
    family = next((row for row in families if row.name == named), next(iter(families), None) if posted else None)
    role, sent = data_role(kind, family), posted or QueryDict()
    spoken = (sent.get(INPUT + role), said.get("data"), said.get(INPUT + role), said.get(role))
    data = next(filter(None, spoken), filled.inputs.get(role, ""))
    return Way(
        user=user, said=said, kind=kind, families=families, family=family, filled=filled,
        version=_version(user, str(data)) if families else None,
        model=_model(user, kind, sent.get(MODEL) or said.get("model") or filled.inputs.get("model", "")),
    )  # fmt: skip


def _version(user: User, pk: str) -> DatasetVersion | None:
    rows = DatasetVersion.objects.filter(dataset__project__in=visible_projects(user), dataset__erased_at=None)
    return rows.select_related("dataset__project").filter(pk=pk).first() if is_uuid(pk) else None


def _model(user: User, kind: Plugin, named: str) -> ModelVersion | None:
    """The model that was named; none where it is not there, so that one is chosen."""
    if not named or "\0" in named or "model" not in roles_of(kind, None):
        return None
    if is_uuid(named):
        return usable_models(user).filter(pk=named).first()
    return chosen_model(user, named) if hands_out(kind) or "@" in named else None
