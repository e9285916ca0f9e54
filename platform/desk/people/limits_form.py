"""The form for a project's weight and quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.limits import BOUNDS
from accounts.models import Project, User
from accounts.retention import LONGEST_DAYS, NAMES
from accounts.terms import set_terms
from desk.words.sentences import sentence
from models_store.errors import ProductError

GIB = 2**30


def _days(label: Any, help_text: Any) -> forms.IntegerField:
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, min_value=0, max_value=LONGEST_DAYS, required=False, widget=widget, help_text=help_text
    )


class LimitsForm(forms.Form):
    """Weight, jobs at once, hours a week, storage in GiB (0 is no limit), and how long bytes are kept (0: for ever)."""

    weight = forms.FloatField(
        label=_("Fair-share weight"),
        min_value=BOUNDS["weight"][0],
        max_value=BOUNDS["weight"][1],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("A project of weight 2 gets twice the device time of one of weight 1 while both have work."),
    )
    max_running = forms.IntegerField(
        label=_("Jobs running at once"),
        min_value=0,
        max_value=BOUNDS["max_running"][1],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
        help_text=_("0 means no limit."),
    )
    max_device_hours = forms.FloatField(
        label=_("Device hours a week"),
        min_value=0,
        max_value=BOUNDS["max_device_hours"][1],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("Of today and the six days before; 0 means no limit."),
    )
    max_storage = forms.FloatField(
        label=_("Storage (GiB)"),
        min_value=0,
        max_value=BOUNDS["max_storage_bytes"][1] / GIB,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("0 means no limit."),
    )

    artifact_days = _days(_("Keep generated files (days)"), _("Files, archives and contact sheets; 0: for ever."))
    upload_days = _days(_("Keep uploads (days)"), _("Once the job that read them has ended; 0: for ever."))
    log_days = _days(_("Keep logs of jobs (days)"), "")

    def __init__(self, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        later = _("0: for ever. A change takes effect %(hours)s hours later.")
        self.fields["log_days"].help_text = later % {"hours": settings.RETENTION_GRACE_HOURS}

    @classmethod
    def of(cls, project: Project, data: Any = None, *, days: bool = True) -> LimitsForm:
        """Filled in with what holds now; without `days` for whoever only says what the project may use."""
        now = {name: getattr(project, name) for name in ("weight", "max_running", "max_device_hours", *NAMES)}
        form = cls(data, initial=now | {"max_storage": project.max_storage_bytes / GIB})
        for name in () if days else NAMES:
            del form.fields[name]
        return form

    def saved(self, project: Project, actor: User) -> bool:
        """Whether the limits were set; else errors stand beside their fields."""
        if not self.is_valid():
            return False
        said = {name: self.cleaned_data[name] for name in ("weight", "max_running", "max_device_hours")}
        if "max_storage" in self.changed_data:  # what is not touched is not rounded either
            said["max_storage_bytes"] = round(self.cleaned_data["max_storage"] * GIB)
        said |= {name: self.cleaned_data[name] for name in NAMES if self.cleaned_data.get(name) is not None}
        try:
            set_terms(project, actor=actor, **said)
        except ProductError as error:
            field = {"max_storage_bytes": "max_storage"}.get(error.field or "", error.field)
            self.add_error(field if field in self.fields else None, sentence(error))
            return False
        return True
