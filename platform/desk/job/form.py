"""The form of a job, built from what its kind and family announced: inputs by role, parameters, seed, purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import DatasetVersion, ModelVersion, Plugin
from catalog.plugins import faults
from desk.form_errors import place, titled
from desk.job.about_fields import about_fields
from desk.job.control_fields import ASKED, SWEEP, VALUES, SamplingFields
from desk.job.input_fields import INPUT, MODEL, as_listed, data_role, input_fields
from desk.job.parameter_fields import parameter_fields, parameter_title, parameters, word_fields
from desk.job.run_path import RUN_PATH, narrowed
from desk.job.then_fields import Following
from desk.night.window_form import window_field
from jobs.models import Job
from jobs.parents import ROLE as PARENT
from jobs.rehearsal import Rehearsal, rehearse
from jobs.releasing import hands_out
from jobs.submission import send
from models_store.errors import ProductError

PARAM = "param_"
PLACES = {"params.": PARAM, "inputs.": INPUT, "": INPUT}
Answer = TypeVar("Answer")
ABOUT = ("name", "seed", "purpose", "intended_use", "window")


class JobForm(forms.Form):
    """Fields for one kind of job, and for the family, the data or the model that was chosen for it already."""

    def __init__(
        self, kind: Plugin, family: Plugin | None, *, user: User, model: ModelVersion | None = None,
        version: DatasetVersion | None = None, **said: Any,
    ) -> None:  # fmt: skip
        super().__init__(**said)
        self.kind, self.family, self.user = kind, family, user
        self.sampling = SamplingFields(model, PARAM) if model and hands_out(kind) else None
        self.inputs = input_fields(kind, family, user, model)
        if model and MODEL in self.inputs:
            self._settled(MODEL, as_listed(self.inputs[MODEL], str(self.initial.get(MODEL, "")), model))
        if version and (role := data_role(kind, family)):
            self._settled(INPUT + role, str(version.pk))
        self.params = parameter_fields((family or kind).schema, PARAM)
        self.params |= {} if self.sampling else word_fields((family or kind).schema, PARAM)
        if self.sampling and model and (path := self.params.get(PARAM + RUN_PATH)):
            narrowed(path, model, (self.data if self.is_bound else self.initial).get(PARAM + RUN_PATH))
        self.following = Following(kind, family)
        chosen = self.sampling.fields if self.sampling else {}
        self.about = about_fields(family is not None)
        self.fields |= self.inputs | self.params | chosen | self.about | window_field(user) | self.following.fields

    def _settled(self, name: str, value: str) -> None:
        """An input that was chosen before this form; pages show it in their own way."""
        field = self.inputs[name]
        field.widget = forms.HiddenInput()
        field.initial = self.initial[name] = value

    def input_fields(self) -> list[forms.BoundField]:
        """What the job works on and is still to be chosen; further models stand elsewhere."""
        return self._bound(name for name in self.inputs if not self.sampling and not self.inputs[name].widget.is_hidden)

    def settled_fields(self) -> list[forms.BoundField]:
        """What was chosen before."""
        return self._bound(name for name in self.inputs if self.inputs[name].widget.is_hidden)

    def control_fields(self) -> list[forms.BoundField]:
        """What the chosen model lets one set."""
        return self._bound(self.sampling.controls) if self.sampling else []

    def sweep_fields(self) -> list[forms.BoundField]:
        """Several values of a control."""
        return self._bound(self.sampling.sweep) if self.sampling else []

    def path_fields(self) -> list[forms.BoundField]:
        """Seeds with what lies between them."""
        return self._bound(self.sampling.path) if self.sampling else []

    def further_fields(self) -> list[forms.BoundField]:
        """More models beside the chosen one, and how often each is taken."""
        others = [name for name in self.inputs if name != MODEL]
        return self._bound((*others, *self.sampling.weights)) if self.sampling and others else []

    def param_fields(self) -> list[forms.BoundField]:
        """What the plug-in lets one set and most people look at."""
        return self._bound(name for name in self.params if not self._advanced(name))

    def more_fields(self) -> list[forms.BoundField]:
        """What most people leave as it is."""
        return self._bound(filter(self._advanced, self.params))

    def more_marked(self) -> bool:
        """Whether one of these has an error, so that they have to be seen."""
        return any(self._advanced(name) for name in self.errors)

    def about_fields(self) -> list[forms.BoundField]:
        """What people say about the job."""
        return self._bound(self.about)

    def then_fields(self) -> list[forms.BoundField]:
        """What is to come then."""
        return self._bound(self.following.fields)

    def _bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def _advanced(self, name: str) -> bool:
        return bool(self.schema["properties"].get(name.removeprefix(PARAM), {}).get("advanced"))

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of the parameters: those of the kind, or of the family that it trains."""
        return {"properties": {}} | (self.family or self.kind).schema

    def clean(self) -> dict[str, Any]:
        """Values to try belong to a control; everything that the schema has against the parameters, all at once."""
        given = super().clean() or self.cleaned_data
        if given.get(VALUES) and not given.get(SWEEP):
            self.add_error(SWEEP, _("Choose what these values are of."))
        asked = {name: given[name] for name in self.params if name in given}
        for fault in faults(self.schema, parameters(asked, PARAM)):
            name = (fault.field or "").removeprefix("params.").partition(".")[0]
            if PARAM + name not in self.errors and PARAM + name in self.fields:
                place(self, titled(fault, parameter_title(self.schema, name)), PLACES)
        return given

    def asked(self) -> dict[str, Any]:
        """Parameters; those that shape networks and were left as they stood come from the parent, if any."""
        given, known = self.cleaned_data, self.schema["properties"]
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
        return self._answered(lambda: send(self.body(), actor=self.user)[0])

    def estimated(self) -> Job | None:
        """A job that says what this one would need; None with the errors beside the fields as for the job itself."""
        return self._answered(lambda: send(self._estimate_body(), actor=self.user)[0])

    def _estimate_body(self) -> dict[str, Any]:
        return {"kind": "estimate"} | {name: self.body()[name] for name in ("family", "inputs", "params")}

    def rehearsed(self) -> Rehearsal | None:
        """What would be submitted, checked like a submission; None with the errors beside the fields."""
        return self._answered(lambda: rehearse(self.body(), actor=self.user))

    def _answered(self, ask: Callable[[], Answer]) -> Answer | None:
        if not self.is_valid():
            return None
        try:
            return ask()
        except ProductError as error:
            if (error.field or "").startswith("params."):
                titled(error, parameter_title(self.schema, error.field.removeprefix("params.")))  # type: ignore[union-attr]
            sampled = self.sampling.places(error.field or "") if self.sampling else {}
            place(self, error, self.following.places(self.following.bodies(self.cleaned_data)) | sampled | PLACES)
            return None
