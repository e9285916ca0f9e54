"""The home page: what runs, what waits for one's review, what happened lately and why."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import visible_projects
from catalog.models import ModelVersion, Stage
from desk.job.page import COLOURS, percent, time_left, title
from desk.people.roles import projects_as
from desk.review.facts import waiting_for
from desk.words.sentences import in_language
from jobs.forecast import Scene
from jobs.models import ENDED, Job, State
from jobs.waiting import in_list

LISTED = 10
HIDDEN = Q(kind="verify")  # questions are answered on the verify page


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the admin's index page (UNFOLD's DASHBOARD_CALLBACK)."""
    user: Any = request.user
    jobs = Job.objects.filter(project__in=visible_projects(user)).exclude(HIDDEN).select_related("submitted_by")
    open_states = (State.RUNNING, State.QUEUED, State.HELD, State.PAUSED)
    running = sorted(jobs.filter(state__in=open_states)[:50], key=lambda job: open_states.index(State(job.state)))
    ended = list(jobs.filter(state__in=ENDED)[:LISTED])
    whys = in_list([*running[:LISTED], *ended], Scene.take())
    return context | {
        "title": _("Home"),
        "running": [_line(job, whys[job.pk]) for job in running[:LISTED]],
        "reviews": reviews(user),
        "open_reviews": waiting_for(user).count(),
        "recent": [_line(job, whys[job.pk]) for job in ended],
        "may_submit": projects_as(user, Role.SUBMITTER).exists(),
    }


def _line(job: Job, why: str) -> dict[str, Any]:
    return {
        "job": job,
        "title": title(job),
        "reason": in_language(why or job.error_detail),
        "colour": COLOURS[State(job.state)],
        "percent": percent(job),
        "left": time_left(job.eta_s) if job.state == State.RUNNING else "",
    }


def reviews(user: User) -> list[ModelVersion]:
    """Drafts that this person, as a second one, may decide on."""
    drafts = ModelVersion.objects.filter(stage=Stage.DRAFT, model__project__in=projects_as(user, Role.REVIEWER))
    own = Q(created_by=user) | Q(dataset_version__created_by=user) | Q(dataset_version__dataset__created_by=user)
    return list(drafts.exclude(own).select_related("model", "created_by")[:LISTED])
