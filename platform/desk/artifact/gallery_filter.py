"""What somebody wants to see in the gallery: from the words of an address to rows, days and kinds of things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Alias, ModelVersion, Stage
from catalog.naming import model_version_for
from desk.artifact.viewer import viewers
from desk.words.sentences import sentence
from jobs.models import Job
from models_store.errors import ProductError
from models_store.ids import first_id

LISTED = 50  # newest models to choose from
ME = "me"
MARKS = {
    "watermark": _("has a watermark"),
    "no_watermark": _("has no watermark"),
    "flagged": _("flagged"),
    "withdrawn": _("withdrawn"),
}
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """Filters that hold together; `columns` are fields of an artifact with the values that they may have."""

    projects: Sequence[UUID]
    job: Job | None = None
    columns: dict[str, Sequence[Any]] = field(default_factory=dict)
    has: str = ""  # flagged or withdrawn
    since: UUID | None = None  # no artifact that is wanted has a smaller id
    before: UUID | None = None  # and none of them this one or a larger one


class DayInput(UnfoldAdminTextInputWidget):
    """The browser's own calendar."""

    input_type = "date"


class GalleryForm(forms.Form):
    """The filters as fields; one that is wrong says so and does not filter."""

    job = forms.CharField(label=_("Job"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget)
    model = forms.CharField(label=_("Model"), required=False, max_length=200)
    kind = forms.ChoiceField(label=_("Kind of thing"), required=False, widget=UnfoldAdminSelectWidget)
    has = forms.ChoiceField(
        label=_("Marks and flags"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", _("any")), *MARKS.items()],
    )  # fmt: skip
    stage = forms.ChoiceField(
        label=_("Stage of the model"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", _("any")), *Stage.choices],
    )  # fmt: skip
    by = forms.ChoiceField(
        label=_("Made by"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", _("anyone")), (ME, _("me"))],
    )  # fmt: skip
    project = forms.ChoiceField(label=_("Project"), required=False, widget=UnfoldAdminSelectWidget)
    since = forms.DateField(label=_("From day"), required=False, widget=DayInput)
    until = forms.DateField(label=_("To day"), required=False, widget=DayInput)
    seed = forms.RegexField(
        r"^\s*[0-9]{1,20}\s*$", label=_("Seed"), required=False, widget=UnfoldAdminTextInputWidget,
        error_messages={"invalid": _("A seed is a whole number.")},
    )  # fmt: skip

    def __init__(self, said: Any, user: User) -> None:
        super().__init__(said)
        self.user = user
        self.projects = list(visible_projects(user).order_by("slug"))
        self.fields["project"].choices = [("", _("all"))] + [(one.slug, str(one)) for one in self.projects]
        self.fields["kind"].choices = [("", _("any"))] + [
            (one.name, one.title) for one in viewers() if one.media_types
        ]  # fmt: skip
        self.fields["model"].widget = UnfoldAdminSelectWidget(choices=self._models())
        if len(self.projects) < 2:
            del self.fields["project"]

    def _models(self) -> list[tuple[str, Any]]:
        mine = [one.pk for one in self.projects]
        rows = ModelVersion.objects.filter(model__project__in=mine).select_related("model")[:LISTED]
        names = Alias.objects.filter(version__in=list(rows)).select_related("model", "version__model")
        known = [(f"{one.model_id}@{one.name}", f"{one} → {one.version}") for one in names]
        listed = [("", _("any")), *known, *((str(row.pk), str(row)) for row in rows)]
        said = str(self.data.get("model", ""))
        return listed if said in dict(listed) else [*listed, (said, said)]

    def clean_job(self) -> Job | None:
        """By its id, or by the address of its page."""
        if not (said := self.cleaned_data["job"].strip()):
            return None
        found = UUIDS.search(said)
        rows = Job.objects.filter(project__in=[one.pk for one in self.projects])
        job = rows.filter(pk=found[0]).select_related("project").first() if found else None
        if job is None:
            raise forms.ValidationError(_("There is no such job, or you may not see it."))
        return job

    def clean_model(self) -> ModelVersion | None:
        """By its id, or as name@alias."""
        if not (said := self.cleaned_data["model"].strip()):
            return None
        try:
            return model_version_for(self.user, said)
        except ProductError as error:
            raise forms.ValidationError(sentence(error)) from error

    def wanted(self) -> Wanted:
        """What the fields that could be read ask for."""
        self.is_valid()
        given = self.cleaned_data
        columns: dict[str, Sequence[Any]] = {}
        if given.get("seed"):
            columns["seed"] = [str(int(given["seed"]))]
        if given.get("model"):
            columns["model_version"] = [given["model"].pk]
        if given.get("by") == ME:
            columns["made_by"] = [self.user.pk]
        if given.get("kind"):
            columns["media_type"] = next(one for one in viewers() if one.name == given["kind"]).media_types
        if given.get("stage"):
            columns["stage"] = [given["stage"]]
        has = given.get("has", "")
        if has in ("watermark", "no_watermark"):
            columns["watermarked"] = [has == "watermark"]
        return Wanted(
            projects=[one.pk for one in self.projects if given.get("project", "") in ("", one.slug)],
            job=given.get("job"),
            columns=columns,
            has=has if has in ("flagged", "withdrawn") else "",
            since=_midnight(given.get("since"), 0),
            before=_midnight(given.get("until"), 1),
        )

    def address(self) -> str:
        """The filters as the rest of an address, without the place in the gallery."""
        return urlencode({name: said for name in self.fields if (said := self.data.get(name, "").strip())})

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name, "").strip() for name in self.fields)


def _midnight(day: date | None, later: int) -> UUID | None:
    """Between the ids of one day and the next, in the reader's zone; None without a day or for one that is far off."""
    try:
        at = timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min)) if day else None
        return first_id(at) if at and at.timestamp() >= 0 else None
    except (OverflowError, ValueError):
        return None
