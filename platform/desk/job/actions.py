"""What the list of jobs in the admin can do to many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from desk.job.compare_runs import FEWEST as FEWEST_COMPARED
from desk.job.compare_runs import MOST as MOST_COMPARED
from desk.job.compare_runs import query
from desk.job.page import title
from desk.words.sentences import in_language
from jobs.bulk import MOST, ask_all
from jobs.models import Job

TOLD = 5  # refusals that are shown one by one
HIGH, NORMAL, LOW = 50, 0, -50


def ask(request: HttpRequest, rows: QuerySet[Job], action: str, priority: int | None = None) -> None:
    """Ask the chosen jobs, and say for how many it was done and why not for the others."""
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST])
    jobs = {job.pk: job for job in Job.objects.select_related("project").filter(pk__in=ids)}
    outcomes = ask_all(jobs, ids, action, actor=request.user, priority=priority)  # type: ignore[arg-type]
    refused = [one for one in outcomes if not one.done]
    if done := len(outcomes) - len(refused):
        messages.success(
            request, ngettext("Done for %(count)s job.", "Done for %(count)s jobs.", done) % {"count": done}
        )
    for one in refused[:TOLD]:
        messages.error(request, f"{jobs[one.id]}: {in_language(one.detail)}")
    if len(refused) > TOLD:
        count = len(refused) - TOLD
        words = ngettext("and %(count)s further job", "and %(count)s further jobs", count)
        messages.error(request, words % {"count": count})


@admin.action(description=gettext_lazy("Cancel"))
def cancel(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """End them."""
    ask(request, rows, "cancel")


@admin.action(description=gettext_lazy("Pause"))
def pause(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """Stop them and keep their state."""
    ask(request, rows, "pause")


@admin.action(description=gettext_lazy("Resume"))
def resume(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """Put paused ones back in the queue."""
    ask(request, rows, "resume")


@admin.action(description=gettext_lazy("Try again"))
def retry(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """Put those that failed back in the queue."""
    ask(request, rows, "retry")


@admin.action(description=gettext_lazy("Priority high (50)"))
def high(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """Before the others of their project."""
    ask(request, rows, "priority", HIGH)


@admin.action(description=gettext_lazy("Priority normal (0)"))
def normal(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """By their age."""
    ask(request, rows, "priority", NORMAL)


@admin.action(description=gettext_lazy("Priority low (-50)"))
def low(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
    """After the others of their project."""
    ask(request, rows, "priority", LOW)


@admin.action(description=gettext_lazy("Compare"))
def compare(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> HttpResponse | None:
    """Two to six trainings side by side; what else was chosen is said, and the list stays."""
    chosen = list(rows.order_by("-pk")[: MOST_COMPARED + 1])
    others = [title(job) for job in chosen if job.kind != "train"]
    if others:
        messages.error(
            request, _("Only trainings are compared; not one: %(jobs)s.") % {"jobs": ", ".join(others[:TOLD])}
        )
    elif not FEWEST_COMPARED <= len(chosen) <= MOST_COMPARED:
        messages.error(
            request,
            _("Choose %(fewest)s to %(most)s trainings to compare.")
            % {"fewest": FEWEST_COMPARED, "most": MOST_COMPARED},
        )
    else:
        return redirect(f"{reverse('admin:jobs_job_compare')}?{query([job.pk for job in chosen])}")
    return None


ACTIONS = (compare, cancel, pause, resume, retry, high, normal, low)
