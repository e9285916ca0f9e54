"""Queues in the admin: what waits where, who works there; operators pause them and see how good forecasts were."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.services import is_operator, require_watcher
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.words.sentences import in_language
from jobs.calibration import HIGHEST, LOWEST, calibrations
from jobs.models import QueuePause
from jobs.queues import pause_queue, queues, resume_queue


@admin.register(QueuePause)
class QueueAdmin(ReadOnlyAdmin):
    """All queues, paused or not."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """No project has a queue of its own."""
        return QueuePause.objects.all()

    def routes(self) -> list[Route]:
        """Pause and resume, and the forecasts."""
        return [
            ("forecasts/", "forecasts", self.forecasts_view),
            ("<str:queue>/<str:what>/", "ask", self.ask_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Every queue."""
        context = {"title": _("Queues"), "queues": queues(), "may_pause": is_operator(request.user)}
        return self.page(request, "pages/job/queues.html", **context)

    @answered
    def ask_view(self, request: HttpRequest, queue: str, what: str) -> HttpResponseBase:
        """Pause a queue or let it go on."""
        if request.method == "POST" and what == "pause":
            reason = request.POST.get("reason", "").strip()
            if not reason:
                messages.error(request, _("A pause needs a reason."))
                return redirect("admin:jobs_queuepause_changelist")
            pause_queue(queue, actor=request.user, reason=reason)
            messages.success(request, _("Nothing is begun on %(queue)s until it is resumed.") % {"queue": queue})
        elif request.method == "POST" and what == "resume":
            resume_queue(queue, actor=request.user)
            messages.success(request, _("%(queue)s goes on.") % {"queue": queue})
        return redirect("admin:jobs_queuepause_changelist")

    @answered
    def forecasts_view(self, request: HttpRequest) -> HttpResponseBase:
        """How often the forecasts of jobs that waited held, for operators and auditors: it counts over all projects."""
        require_watcher(request.user)
        rows = [
            {
                "kind": in_language(row.kind) if row.kind else _("all"), "jobs": row.jobs, "good": row.good,
                "by_p50": round(100 * row.by_p50), "by_p90": round(100 * row.by_p90),
            }
            for row in calibrations()
        ]  # fmt: skip
        bounds = {"low": round(100 * LOWEST), "high": f"{100 * HIGHEST:.0f} %"}
        return self.page(request, "pages/night/forecasts.html", title=_("How good forecasts were"), rows=rows, **bounds)
