"""The form of a policy, from its schema: numbers, switches, and lists with one word a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import Project, User
from desk.form_errors import place
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

    def saved(self, project: Project, actor: User) -> bool:
        """Whether it was set; else errors stand beside their fields."""
        if not self.is_valid():
            return False
        given = {name: self._value(name, value) for name, value in self.cleaned_data.items() if value is not None}
        try:
            set_policy(project, self.policy.name, given, actor=actor)
        except ProductError as error:
            error.field = ".".join((error.field or "").split(".")[:2])  # a word of a list stands in the list's field
            place(self, error, {"params.": ""})
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
