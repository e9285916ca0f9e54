"""The list of jobs: a line for each, with its picture, why it stands where it stands, and how far it is, live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Role
from accounts.services import is_operator
from catalog.plugins import available
from desk.job import actions
from desk.job import page as job_page
from desk.job.list_filters import FamilyFilter, KindFilter, PersonFilter, ProjectFilter
from desk.job.parameter_fields import title_of
from desk.job.pictures import sample_grids
from desk.night.times import in_reader_zone
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from desk.words.sentences import in_language
from jobs import order
from jobs.forecast import Scene
from jobs.models import Job, State
from jobs.waiting import in_list
from lineage.models import Withdrawal
from models_store.ids import is_uuid

MOVES = (State.RUNNING, State.QUEUED)  # while one of these is listed, the list looks again
LONGEST = 160  # characters of a reason


class JobList(ReadOnlyAdmin):
    """Newest first; the number of queries does not grow with the number of jobs."""

    list_display = ("__str__",)  # the columns are those of pages/job/list_rows.html
    list_filter = ("state", KindFilter, FamilyFilter, ProjectFilter, PersonFilter)
    search_fields = ("name",)
    list_select_related = ("submitted_by", "project")
    change_list_template = "pages/job/list.html"
    actions = actions.ACTIONS

    def list_routes(self) -> list[Route]:
        """What the list asks for while something moves."""
        return [("moving/", "moving", self.moving_view)]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """With the lines of its page."""
        found = super().get_changelist_instance(request)
        found.result_list = list(found.result_list)
        found.lines = lines(found.result_list)
        found.several = len({job.project_id for job in found.result_list}) > 1
        found.moving = [job.pk for job in found.result_list if job.state in MOVES]
        return found

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """All of them for those who steer jobs somewhere; comparing changes nothing, so everybody may."""
        found = super().get_actions(request)
        if is_operator(request.user) or projects_as(request.user, Role.SUBMITTER).exists():  # type: ignore[arg-type]
            return found
        return {name: said for name, said in found.items() if name == "compare"}

    @answered
    def moving_view(self, request: HttpRequest) -> HttpResponseBase:
        """State and progress of the jobs named by `?job=`, each put where it stands in the list."""
        wanted = [pk for pk in request.GET.getlist("job") if is_uuid(pk)][: self.list_per_page]
        rows = list(self.get_queryset(request).filter(pk__in=wanted).select_related(*self.list_select_related))
        moving = [job.pk for job in rows if job.state in MOVES]
        return self.page(request, "pages/job/list_moving.html", lines=lines(rows), moving=moving, beside=True)


def lines(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """What the list says of each; as many queries whatever their number."""
    whys, shown = in_list(jobs, Scene.take()), pictures(jobs)
    methods = {row.name: title_of(row) for row in available("family")} if any(job.family for job in jobs) else {}
    return [_line(job, whys[job.pk], shown.get(job.pk, ""), methods.get(job.family, job.family)) for job in jobs]


def _line(job: Job, why: str, picture: str, method: str) -> dict[str, Any]:
    said = in_language(in_reader_zone(why))
    return {
        "job": job,
        "title": job_page.title(job),
        "kind": " · ".join(filter(None, (in_language(job.kind), method))),
        "colour": job_page.COLOURS[State(job.state)],
        "reason": said if len(said) <= LONGEST else said[: LONGEST - 2] + "…",
        "priority": job.priority if job.state in order.EDITABLE else 0,
        "percent": job_page.percent(job),
        "left": job_page.time_left(job.eta_s) if job.state == State.RUNNING else "",
        "picture": picture,
    }


def pictures(jobs: Sequence[Job]) -> dict[UUID, str]:
    """The newest sample grid of a training; the contact sheet of what was made, unless some of it was withdrawn."""
    sheets = [job.pk for job in jobs if job.result.get("sheet_sha256") and not job.files_expired_at]
    kept = set(Withdrawal.objects.filter(job__in=sheets).values_list("job", flat=True)) if sheets else set()
    found = {pk: f"/api/v1/jobs/{pk}/sheet" for pk in sheets if pk not in kept}
    return found | sample_grids(job.pk for job in jobs if job.kind == "train")
