"""The page of one job: live while it runs, a report when it has ended, and what may be asked of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import holds, may_steer
from desk.job import log_page, report, use
from desk.job import page as job_page
from desk.job.estimate import estimated
from desk.job.input_fields import role_title
from desk.job.live_words import live_words
from desk.job.next_steps import next_steps
from desk.job.parameter_fields import named_parameters
from desk.job.ran import as_it_ran
from desk.model.near import judged
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.review.facts import review_of
from desk.review.legal_hold_note import legal_hold_note
from desk.words.sentences import in_language
from jobs import order, services
from jobs.admission import ELSEWHERE
from jobs.models import Job
from lineage.flags import shows_all

ASKED = {
    "pause": services.pause,
    "resume": services.resume,
    "retry": services.retry,
    "cancel": services.cancel,
}
ONCE = (*ELSEWHERE, "estimate")  # kinds that are not submitted again by themselves


def parts(job: Job, user: User) -> dict[str, Any]:
    """What changes when the job moves: each part of the page that the live answer swaps."""
    prefetch_related_objects([job], "tries")
    rows = list(job.inputs.select_related("dataset_version__dataset", "model_version__model", "from_job"))
    version = getattr(job, "model_version", None)
    return {
        "letters": job_page.of_letters(job),
        "inputs": [{"title": role_title(row.role), "row": row} for row in rows],
        "version": version,
        "about": report.about(job, rows, version),
        "method": report.method(job),
        "measured": report.measured(job),
        "unusual": report.unusual(job),
        "sheet_says": report.sheet_says(job),
        "figures": report.figures(job, version) if job.ended else [],
        "next_steps": next_steps(job, version, user) if job.ended else [],
        "facts": as_it_ran(job),
        "all_shown": shows_all(job, user),
        "estimate": estimated(job) if job.kind == "estimate" else None,
        "place": job.state in order.EDITABLE and may_steer(user, job.project),
        "texts": job_page.growing(job) if not job.ended else [],
        "attempts": use.attempts(job),
        "resources": use.resources(job),
        **judged(job, user),
        **job_page.live(job, user),
    }


class JobPages(ReadOnlyAdmin):
    """One job and what may be asked of it."""

    def page_routes(self) -> list[Route]:
        """The live part, the log, what may be asked of a job."""
        return [
            ("<uuid:pk>/live/", "live", self.live_view),
            ("<uuid:pk>/log/", "log", self.log_view),
            ("<uuid:pk>/log.txt", "log_text", self.log_text_view),
            ("<uuid:pk>/ask/<str:what>/", "ask", self.ask_view),
            ("<uuid:pk>/priority/", "priority", self.priority_view),
            ("<uuid:pk>/move/<str:end>/", "move", self.move_view),
        ]

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One job."""
        job, user = self.row(request, object_id), request.user
        after = log_page.last_event(job)  # before what it tells is read: the stream goes on from here
        curve = job_page.curve(job)
        context = parts(job, user) | {
            "title": job_page.title(job),
            "after": after,
            "told": {"curve": curve, "samples": job_page.samples(job)},
            "words": live_words(curve),
            "params": named_parameters(job),
            "log": log_page.newest(job),
            "review": review_of(job, user),
            "kind": in_language(job.kind),
            "repeats": job.kind not in ONCE and holds(user, job.project, Role.SUBMITTER),
        }
        context |= legal_hold_note(user, job.project, "job", job.pk)
        return self.page(request, "pages/job/page.html", **context)

    @answered
    def live_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """What has changed: the parts of the page, with `?told` also curves and samples; with `?short` one line."""
        job, user = self.row(request, pk), request.user
        if "short" in request.GET:
            answer = self.page(request, "pages/job/short.html", **job_page.live(job, user))
            if job.ended:
                answer["HX-Refresh"] = "true"
            return answer
        context = parts(job, user) | {"beside": True}
        if "told" in request.GET:
            context["told"] = {"curve": job_page.curve(job), "samples": job_page.samples(job)}
        return self.page(request, "pages/job/answer.html", **context)

    @answered
    def log_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The lines after event `?after=`, to be put below those that are there."""
        job, said = self.row(request, pk), request.GET.get("after", "0")
        after = int(said[:18]) if said.isascii() and said.isdecimal() else 0
        return self.page(request, "pages/job/log_lines.html", log=log_page.later(job, after))

    @answered
    def log_text_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Every kept line, as a file."""
        job = self.row(request, pk)
        answer = StreamingHttpResponse(list(log_page.as_text(job)), content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{log_page.file_name(job)}"'
        return answer

    @answered
    def ask_view(self, request: HttpRequest, pk: uuid.UUID, what: str) -> HttpResponseBase:
        """Pause, resume, try again, cancel."""
        job = self.row(request, pk)
        if request.method == "POST" and what in ASKED:
            job = ASKED[what](job, actor=request.user)
            messages.success(request, in_language(job.state_reason))
        return redirect("admin:jobs_job_change", pk)

    @answered
    def priority_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Another priority, as long as it does not run."""
        job = self.row(request, pk)
        if request.method == "POST":
            said = request.POST.get("priority", "").strip()[:20]  # more digits are no priority, and cost time
            number = int(said) if said.removeprefix("-").isascii() and said.removeprefix("-").isdecimal() else said
            order.set_priority(job, number, actor=request.user)  # type: ignore[arg-type]  (it refuses a text)
            messages.success(request, _("The priority is %(number)s now.") % {"number": number})
        return redirect("admin:jobs_job_change", pk)

    @answered
    def move_view(self, request: HttpRequest, pk: uuid.UUID, end: str) -> HttpResponseBase:
        """To the front or the end of the line."""
        job = self.row(request, pk)
        if request.method == "POST" and end in ("front", "end"):
            order.move_to_end(job, end, actor=request.user)  # type: ignore[arg-type]
            messages.success(request, _("Moved to the front.") if end == "front" else _("Moved to the end."))
        return redirect("admin:jobs_job_change", pk)
