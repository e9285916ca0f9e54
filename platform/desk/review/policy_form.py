"""The form of a policy, from its schema: numbers, switches, and lists with one word a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import Project, User
from catalog.plugins import faults
from desk.form_errors import place, titled
from desk.job.parameter_fields import chinese, parameter_fields
from jobs.policies import set_policy
from models_store.errors import ProductError

if TYPE_CHECKING:
    from audit.policy import Policy


class PolicyForm(forms.Form):
    """The parameters of one policy, filled in as they are set now."""

    def __init__(self, policy: type[Policy], now: dict[str, Any], data: Any = None) -> None:
        schema = policy.model_json_schema()
        self.policy = policy
        self.lists = {name for name, said in schema.get("properties", {}).items() if said.get("type") == "array"}
        initial = {name: "\n".join(value) if name in self.lists else value for name, value in now.items()}
        super().__init__(data, initial=initial)
        single = parameter_fields(schema, "")
        for name, said in schema.get("properties", {}).items():
            self.fields[name] = _lines(said) if name in self.lists else single[name]

    def clean(self) -> dict[str, Any]:
        """Everything that schema and policy have against it, all at once; each field's first fault stands for it."""
        given = super().clean() or self.cleaned_data
        params = self._params()
        schema = self.policy.model_json_schema()
        for fault in (*faults(schema, params), *self.policy.faults(params)):
            self._beside(fault)
        return given

    def _params(self) -> dict[str, Any]:
        return {name: self._value(name, value) for name, value in self.cleaned_data.items() if value is not None}

    def _beside(self, fault: ProductError) -> None:
        """A fault of a word of a list stands in the list's field."""
        said = ".".join((fault.field or "").split(".")[:2])
        name = said.removeprefix("params.")
        if name in self.fields:
            titled(fault, str(self.fields[name].label))
        fault.field = said
        if fault.field.removeprefix("params.") not in self.errors:
            place(self, fault, {"params.": ""})

    def saved(self, project: Project, actor: User) -> bool:
        """Whether it was set; else errors stand beside their fields."""
        if not self.is_valid():
            return False
        try:
            set_policy(project, self.policy.name, self._params(), actor=actor)
        except ProductError as error:
            self._beside(error)
            return False
        return True

    def _value(self, name: str, value: Any) -> Any:
        return [line.strip() for line in value.splitlines() if line.strip()] if name in self.lists else value


def _lines(said: dict[str, Any]) -> forms.Field:
    label = (said.get("title_zh") if chinese() else "") or said["title"]
    text = (said.get("help_zh") if chinese() else "") or said.get("description", "")
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})
    return forms.CharField(
        label=label, help_text=text, initial="\n".join(said.get("default", ())), required=False, widget=widget
    )
