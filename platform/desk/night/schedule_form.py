"""The form of a recurring job: what it submits, on which days, when."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.models import Project, User
from catalog.services import LATEST
from desk.form_errors import place
from desk.night.window_form import project_field, zone_field, zones
from desk.night.window_text import DAY_NAMES
from jobs.clone import body_of
from jobs.models import Job, Schedule
from jobs.schedules import change_schedule, create_schedule
from models_store.errors import ProductError

EXAMPLE = """{
  "kind": "train",
  "family": "dcgan",
  "dataset_version": "latest:digits",
  "window": "night",
  "then": [{"kind": "evaluate"}]
}"""


class ScheduleForm(forms.Form):
    """A new recurring job, or another time or body for one."""

    name = forms.CharField(label=_("Name"), max_length=100, widget=UnfoldAdminTextInputWidget)
    days = forms.MultipleChoiceField(
        label=_("Days"),
        choices=list(DAY_NAMES.items()),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "km-days"}),
    )
    at = forms.CharField(
        label=_("Time"), max_length=5, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "22:00"})
    )
    timezone = zone_field()
    zones = staticmethod(zones)
    body = forms.CharField(
        label=_("Submission"),
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 14, "class": "km-mono", "spellcheck": "false", "placeholder": EXAMPLE}
        ),
        help_text=_(
            "JSON as POST /api/v1/jobs takes it; “Repeat it every week” on the page of a job fills it in. latest: and "
            "a data set's name stands for its newest version then; leave out the seed and a new one is drawn each time."
        ),
    )

    def __init__(
        self, *said: Any, user: User, schedule: Schedule | None = None, like: Job | None = None, **more: Any
    ) -> None:
        super().__init__(*said, initial=_initial(schedule, like), **more)
        self.user, self.schedule = user, schedule
        if schedule is None:
            self.fields["project"] = project_field(user)
            self.order_fields(["project", "name", "days", "at", "timezone"])

    def clean_body(self) -> Any:
        """The submission as an object; what is in it, the service checks."""
        try:
            return json.loads(self.cleaned_data["body"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is no JSON: %(why)s") % {"why": error}) from error

    def saved(self) -> Schedule | None:
        """The recurring job; None, errors beside their fields, where it was refused."""
        if not self.is_valid():
            return None
        given = {name: self.cleaned_data[name] for name in ("name", "days", "at", "timezone", "body")}
        try:
            if self.schedule:
                return change_schedule(self.schedule, actor=self.user, changes=given)
            project = Project.objects.get(pk=self.cleaned_data["project"])
            return create_schedule(project, actor=self.user, **given)
        except ProductError as error:
            error.field = (error.field or "").partition(".")[0]
            place(self, error, {})
            return None


def _initial(schedule: Schedule | None, like: Job | None) -> dict[str, Any]:
    if schedule:
        said = {name: getattr(schedule, name) for name in ("name", "days", "at", "timezone")}
        return said | {"body": _text(schedule.body)}
    if like:
        return {"name": str(like), "project": str(like.project_id), "body": _text(repeated(like))}
    return {}


def repeated(job: Job) -> dict[str, Any]:
    """The submission that makes such a job again: each time on the newest data, with a seed of its own.

    A model that was named by an alias is what the alias stands for by then.
    """
    body = {name: value for name, value in body_of(job).items() if name not in ("project", "seed")}
    rows = job.inputs.select_related("dataset_version").exclude(dataset_version=None)
    newest = {row.role: f"{LATEST}{row.dataset_version.dataset_id}" for row in rows}
    models = {row.role: row.named for row in job.inputs.exclude(named="")}
    return body | {"inputs": body["inputs"] | newest | models}


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)
