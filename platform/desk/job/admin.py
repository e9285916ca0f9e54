"""Jobs in the admin: the list, the form, the live page."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Role
from catalog.models import Plugin
from catalog.plugins import available
from desk.job import actions as job_actions
from desk.job import page as job_page
from desk.job.control_fields import chosen_model
from desk.job.estimate import estimated
from desk.job.form import INPUT, MODEL, JobForm, role_title
from desk.job.methods import methods
from desk.job.parameter_fields import summary_of, title_of
from desk.model.near import judged
from desk.night.times import local
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import holds, projects_as
from desk.review.facts import review_of
from desk.review.legal_hold_note import legal_hold_note
from desk.words.sentences import in_language
from jobs import order, services
from jobs.admission import ELSEWHERE
from jobs.forecast import Scene
from jobs.models import Job
from jobs.releasing import hands_out
from jobs.waiting import in_list
from lineage.flags import shows_all

ASKED = {
    "pause": services.pause,
    "resume": services.resume,
    "retry": services.retry,
    "cancel": services.cancel,
}
ONCE = (*ELSEWHERE, "estimate")  # kinds that are not submitted again by themselves


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What was asked for, what runs, how it ended and why."""

    list_display = ("title", "word", "colour", "reason", "progress", "submitted_by", "created")
    list_filter = ("state", "kind")
    search_fields = ("name",)
    list_select_related = ("submitted_by", "project")
    actions = job_actions.ACTIONS

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Its jobs know why they wait, at a cost that does not grow with their number."""
        found = super().get_changelist_instance(request)
        found.result_list = list(found.result_list)
        whys = in_list(found.result_list, Scene.take())
        for job in found.result_list:
            job.why = whys[job.pk]
        return found

    @display(description=gettext_lazy("job"))
    def title(self, job: Job) -> str:
        return job_page.title(job)

    @display(description=gettext_lazy("kind"), ordering="kind")
    def word(self, job: Job) -> str:
        return in_language(job.kind)

    @display(
        description=gettext_lazy("state"),
        label={state.value: colour for state, colour in job_page.COLOURS.items()},
    )
    def colour(self, job: Job) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description=gettext_lazy("reason"))
    def reason(self, job: Any) -> str:
        said = in_language(job.why)
        short = said if len(said) < 90 else said[:88] + "…"
        if not job.priority or job.state not in order.EDITABLE:
            return short
        return " · ".join(filter(None, (short, _("priority %(number)s") % {"number": job.priority})))

    @display(description=gettext_lazy("progress"))
    def progress(self, job: Job) -> str:
        return f"{job_page.percent(job)}\N{NO-BREAK SPACE}%" if job.total else ""

    @display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, job: Job) -> str:
        return format_html('<span class="km-narrow">{}</span>', local(job.created_at))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """Beside list and detail: the live part, what may be asked of a job."""
        return [
            ("<uuid:pk>/live/", "live", self.live_view),
            ("<uuid:pk>/ask/<str:what>/", "ask", self.ask_view),
            ("<uuid:pk>/priority/", "priority", self.priority_view),
            ("<uuid:pk>/move/<str:end>/", "move", self.move_view),
            ("<uuid:pk>/estimate/", "estimate", self.estimate_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The form of a job; `?kind=` (train unless said), `?family=`, and an input by its role."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("Train"), status=403)
        kind = _named(available("kind"), request.GET.get("kind", "train"))
        families = available("family") if kind and kind.abilities.get("chooses_family") else []
        ways = methods(families, request.GET.get("data", ""), request.user)
        family = ways.chosen(request.GET.get("family", ""))
        if kind is None or (kind.abilities.get("chooses_family") and family is None):
            return self.page(request, "pages/shared/no_plugin.html", title=_("Train"))
        given = {INPUT + role: value for role, value in request.GET.items()}
        posted = request.POST if request.method == "POST" else None
        said = request.POST.get(MODEL) or request.GET.get("model", "")
        model = chosen_model(request.user, said) if hands_out(kind) else None
        form = JobForm(kind, family, user=request.user, model=model, data=posted, initial=given)
        asked = form.estimated() if posted is not None and "estimate" in posted else None
        if posted is not None and "estimate" not in posted and (job := form.submitted()):
            messages.success(request, _("Submitted: %(job)s") % {"job": job})
            return redirect("admin:jobs_job_change", job.pk)
        title = _("Train a model") if kind.name == "train" else title_of(kind)
        context = {"title": title, "form": form, "kind": kind, "summary": summary_of(kind)}
        context |= {"cards": ways.cards(family), "keep": ways.keep}
        context |= {"estimate": estimated(asked) if asked else None, "estimates": kind.name == "train"}
        refused = posted is not None and asked is None
        return self.page(request, "pages/job/form.html", status=422 if refused else 200, **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One job."""
        job = self.row(request, object_id)
        rows = job.inputs.select_related("dataset_version__dataset", "model_version__model", "from_job")
        inputs = [{"title": role_title(row.role), "row": row} for row in rows]
        version = getattr(job, "model_version", None)
        context = {
            "title": job_page.title(job),
            "letters": job_page.of_letters(job),
            "params": job_page.parameters(job),
            "facts": [(name, job_page.written(value)) for name, value in job.facts.items()],
            "inputs": inputs,
            "version": version,
            "review": review_of(job, request.user),
            "all_shown": shows_all(job, request.user),
            "kind": in_language(job.kind),
            "estimate": estimated(job) if job.kind == "estimate" else None,
            "repeats": job.kind not in ONCE and holds(request.user, job.project, Role.SUBMITTER),
            "place": job.state in order.EDITABLE and holds(request.user, job.project, Role.SUBMITTER),
            **judged(job, request.user),
            **job_page.live(job, request.user),
        }
        context |= legal_hold_note(request.user, job.project, "job", job.pk)
        return self.page(request, "pages/job/page.html", **context)

    @answered
    def live_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The part of the page that changes, or (`?short`) one line; htmx loads the whole page anew at the end."""
        job = self.row(request, pk)
        template = "pages/job/short.html" if "short" in request.GET else "pages/job/answer.html"
        answer = self.page(request, template, **job_page.live(job, request.user))
        if job.ended:
            answer["HX-Refresh"] = "true"
        return answer

    @answered
    def estimate_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """What an estimate says by now; the form of the training asks until it has ended."""
        return self.page(request, "pages/job/estimate.html", estimate=estimated(self.row(request, pk)))

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
            said = request.POST.get("priority", "").strip()
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


def _named(rows: list[Plugin], name: str) -> Plugin | None:
    return next((row for row in rows if row.name == name), None)
