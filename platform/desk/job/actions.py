"""What the list of jobs in the admin can do to many at once."""

from __future__ import annotations

from collections.abc import Callable
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


def _asking(name: str, words: Any, action: str, priority: int | None = None) -> Callable[..., None]:
    """An action of the list, known to Django by its name."""

    @admin.action(description=words)
    def asked(model_admin: Any, request: HttpRequest, rows: QuerySet[Job]) -> None:
        ask(request, rows, action, priority)

    asked.__name__ = name
    return asked


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


ACTIONS = (
    compare,
    _asking("cancel", gettext_lazy("Cancel"), "cancel"),
    _asking("pause", gettext_lazy("Pause"), "pause"),
    _asking("resume", gettext_lazy("Resume"), "resume"),
    _asking("retry", gettext_lazy("Try again"), "retry"),
    _asking("high", gettext_lazy("Priority high (50)"), "priority", 50),
    _asking("normal", gettext_lazy("Priority normal (0)"), "priority", 0),
    _asking("low", gettext_lazy("Priority low (-50)"), "priority", -50),
)
