"""The pages on the way to a job: data, method or model, parameters, estimate and submission; the live check."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Role
from desk.job import estimate as estimates
from desk.job import when
from desk.job.data_cards import data_cards, why_not
from desk.job.form import JobForm
from desk.job.input_fields import INPUT, counted
from desk.job.method_cards import method_cards, said_of
from desk.job.model_cards import model_cards
from desk.job.page import title as job_title
from desk.job.parameter_fields import summary_of, title_of
from desk.job.pictures import preview, sample_grids
from desk.job.presets import differing, for_script, in_force, preset_buttons, settled
from desk.job.way import Way, way_of
from desk.model.paths import taken_said
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from jobs.releasing import hands_out

PAGES = {"data": "choose_data", "method": "choose_method", "model": "choose_model", "parameters": "parameters"}
CHOICES = ("data", "method", "model")
LAST_PAGE = 400  # of cards; further ones are found by name


class SubmitPages(ReadOnlyAdmin):
    """What leads to a new job."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def submit_routes(self) -> list[Route]:
        """The live check; what an estimate says by now."""
        return [("check/", "check", self.check_view), ("<uuid:pk>/estimate/", "estimate", self.estimate_view)]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A step of the way: `?kind=` (train unless said), `family`, `data`, `model`, `clone`, `step`, values."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("Train"), status=403)
        posted = request.POST if request.method == "POST" else None
        way = way_of(request.user, request.GET, posted)
        if way is None:
            return self.page(request, "pages/shared/no_plugin.html", title=_("Train"))
        if posted is not None:
            return self._posted(request, way, way.form(posted))
        if way.step == "parameters":
            return self._parameters(request, way, way.form())
        if way.step == "submit":
            return self._last_step(request, way)
        return self._choice(request, way)

    def _choice(self, request: HttpRequest, way: Way) -> HttpResponseBase:
        """Cards to choose from."""
        said, wanted = request.GET.get("page", "1"), request.GET.get("q", "").replace("\0", "").strip()[:100]
        page = min(LAST_PAGE, max(1, int(said[:9]))) if said.isascii() and said.isdecimal() else 1
        if way.step == "method":
            return self._step(request, way, "method", cards=method_cards(way))
        found = data_cards(way, page, wanted) if way.step == "data" else model_cards(way, page, wanted)
        return self._step(request, way, way.step, **found)

    def _parameters(self, request: HttpRequest, way: Way, form: JobForm, status: int = 200) -> HttpResponseBase:
        """The parameters of the chosen method."""
        presets = preset_buttons(way.family, request.GET.get("preset", ""))
        more = {"presets": presets, "script": for_script(form), "status": status, "form": form}
        return self._step(request, way, "parameters", **more)

    def _last_step(self, request: HttpRequest, way: Way) -> HttpResponseBase:
        """Estimate and submission; back to the parameters where these cannot be submitted."""
        if not way.trains:
            return self._submission(request, way, way.form())
        form = way.form(way.as_sent())
        if not form.is_valid() and any(name in form.errors for name in (*form.params, *form.inputs)):
            return self._parameters(request, way, form, 422)
        return self._submission(request, way, form)

    def _posted(self, request: HttpRequest, way: Way, form: JobForm) -> HttpResponseBase:
        """The job, or an estimate of it, or the form once more with what is wrong."""
        if "estimate" in request.POST:
            asked = form.estimated()
            if "HX-Request" in request.headers:
                said = {"estimate": estimates.estimated(asked) if asked else None, "form": form}
                return self.page(request, "pages/job/estimate.html", **said)
            return self._submission(request, way, form, estimate=asked, status=200 if asked else 422)
        if job := form.submitted():
            messages.success(request, _("Submitted: %(job)s") % {"job": job_title(job)})
            return redirect("admin:jobs_job_change", job.pk)
        return self._submission(request, way, form, status=422)

    def _submission(
        self, request: HttpRequest, way: Way, form: JobForm, *, estimate: Any = None, status: int = 200
    ) -> HttpResponseBase:
        """All that is known before one submits: what it needs, when it would run, whether somebody has to decide."""
        sent = way.form(form.data if form.is_bound else way.as_sent())
        rehearsal = sent.rehearsed()
        kept = estimate or (estimates.newest_like(rehearsal.request, request.user) if rehearsal else None)
        faulty = bool(form.errors)
        context = {
            "form": form, "status": status, "values": in_force(form) if way.trains else [],
            "estimate": estimates.estimated(kept) if kept else None, "listens": estimates.listens(),
            "inputs": settled(form) if way.trains and way.version else [],
            "estimates": way.trains and estimates.offered(), "script": for_script(form),
            "when": when.choices(rehearsal, str(form["window"].value() or "")) if rehearsal else None,
            "not_yet": [] if faulty else [one for said in sent.errors.values() for one in said],
        }  # fmt: skip
        return self._step(request, way, "submit", **context)

    @answered
    def check_view(self, request: HttpRequest) -> HttpResponseBase:
        """What is wrong with a form as it is being typed, as the submission would say it; nothing is stored."""
        way = way_of(request.user, request.GET, request.POST) if request.method == "POST" else None
        if way is None or not self.has_add_permission(request):
            return self.page(request, "pages/job/check.html")
        form = way.form(_whole(way, request.POST))
        rehearsal = form.rehearsed()
        names = [*form.params, *(field.name for field in form.input_fields())] if way.trains else list(form.fields)
        context: dict[str, Any] = {"fields": [form[name] for name in names], "differs": differing(form)}
        others = [said for name, said in form.errors.items() if name not in (*names, *form.about)]
        context["elsewhere"] = [one for said in others for one in said]
        if rehearsal and not way.trains:
            context["when"] = when.choices(rehearsal, "")
        return self.page(request, "pages/job/check.html", **context)

    @answered
    def estimate_view(self, request: HttpRequest, pk: Any) -> HttpResponseBase:
        """What an estimate says by now; the form of the training asks until it has ended."""
        return self.page(request, "pages/job/estimate.html", estimate=estimates.estimated(self.row(request, pk)))

    def _step(self, request: HttpRequest, way: Way, step: str, *, status: int = 200, **said: Any) -> HttpResponseBase:
        """A page of the way, with its head and what was chosen so far."""
        name = PAGES.get(step, "submit")
        title = _("Train a model") if way.kind.name == "train" else title_of(way.kind)
        context = {"title": title, "way": way, "steps": way.header(step), "step": step, "kind": way.kind}
        context |= {"summary": summary_of(way.kind), "chosen": chosen(way)}
        context |= {"origin": (job := way.filled.job), "origin_title": job_title(job) if job else ""}
        gone = [said for name, said in way.filled.beside.items() if name.startswith(INPUT)]
        context |= {"notes": (*way.filled.notes, *(gone if step in CHOICES else ())), "beside": way.filled.beside}
        return self.page(request, f"pages/job/{name}.html", status=status, **context | said)


def _whole(way: Way, posted: QueryDict) -> QueryDict:
    """What was posted, with the inputs that were chosen before."""
    sent = posted.copy()
    for field in way.form().settled_fields():
        sent.setdefault(field.name, str(field.value()))
    return sent


def chosen(way: Way) -> list[dict[str, Any]]:
    """What was chosen, each with its picture and the way to choose another."""
    found: list[dict[str, Any]] = []
    if (version := way.version) and way.trains:
        dataset = version.dataset
        found.append({
            "title": _("Data"), "name": str(version), "says": f"{counted(version)} · {dataset.licence}",
            "page": f"/catalog/datasetversion/{version.pk}/change/", "other": way.link(step="data"),
            "picture": preview(version),
            "problem": why_not(way.kind, way.family, version), "letters": dataset.modality != "image",
        })  # fmt: skip
    if way.family:
        says = said_of(way.family, "good_for") or summary_of(way.family)
        other = way.link(step="method")
        found.append({"title": _("Method"), "name": title_of(way.family), "says": says, "other": other})
    if model := way.model:
        found.append({
            "title": _("Model"), "name": str(model), "says": f"{model.get_stage_display()} · {model.model.project}",
            "page": f"/catalog/modelversion/{model.pk}/change/", "other": way.link(step="model"),
            "picture": next(iter(sample_grids([model.job_id]).values()), ""), "letters": model.modality != "image",
            "more": taken_said(model) if hands_out(way.kind) else "",
        })  # fmt: skip
    return found
