"""Models in the admin: the list, a report of each version, what worked with it, the decision of a second person."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from catalog.models import ModelVersion
from desk.job.page import COLOURS as OF_STATES
from desk.job.page import title
from desk.model import list as model_list
from desk.model.decision_form import DecisionForm
from desk.model.lineage_graph import uses_of
from desk.model.page import refused, report
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.review.legal_hold_note import legal_hold_note
from desk.words.sentences import in_language
from jobs.holds import decide_model
from jobs.models import Job, JobInput, State
from jobs.parents import ROLE as PARENT

USES = 50
LONGEST_KEY = 19  # digits
RELATED = ("model__project", "job", "created_by", "decided_by", "dataset_version__dataset")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """What was trained, how good it is, who decided on it."""

    project_path = "model__project"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        """With what its page says at first glance."""
        return super().get_queryset(request).select_related(*RELATED)

    def routes(self) -> list[Route]:
        """The decision; the jobs that worked with it."""
        return [
            ("<uuid:pk>/decide/", "decide", self.decide_view),
            ("<uuid:pk>/uses/", "uses", self.uses_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Cards, newest first; `?stage=`, `?family=`, `?modality=`, `?project=`, `?q=`, `?from=`."""
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise Http404(_("There is no such page, or you may not see it."))
        said, start = model_list.asked(request.GET), request.GET.get("from", "")
        found = model_list.models(self.get_queryset(request), said, start, request.user)  # type: ignore[arg-type]
        return self.page(request, "pages/model/list.html", title=_("Models"), **found)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One version; `?since=` is the number of the version that it is compared with."""
        return self._report(request, self.row(request, object_id))

    def _report(self, request: HttpRequest, version: ModelVersion, **more: Any) -> HttpResponseBase:
        context = report(version, request.user, since=request.GET.get("since", ""))  # type: ignore[arg-type]
        context |= legal_hold_note(request.user, version.model.project, "model_version", version.pk)  # type: ignore[arg-type]
        return self.page(request, "pages/model/page.html", status=422 if more else 200, **context | more)

    @answered
    def decide_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Approve, reject, retire, revoke; what is wrong with the form is told beside its fields."""
        version = self.row(request, pk)
        if request.method == "POST":
            form = DecisionForm(request.POST, version=version)
            if not form.is_valid():
                return self._report(request, version, **refused(version, form))
            said = form.cleaned_data
            decide_model(version, said["decision"], actor=request.user, comment=said["comment"])  # type: ignore[arg-type]
            words = {"version": version, "stage": version.get_stage_display()}
            messages.success(request, _("%(version)s is now %(stage)s.") % words)
        return redirect("admin:catalog_modelversion_change", pk)

    @answered
    def uses_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The jobs that worked with it (`?trained`: those that went on from it), newest first; `?from=` goes on."""
        version, start, trained = self.row(request, pk), request.GET.get("from", ""), "trained" in request.GET
        went_on = JobInput.objects.filter(model_version=version, role__startswith=PARENT)
        rows = (went_on if trained else uses_of(version)).select_related("job__submitted_by")
        rows = rows.filter(pk__lte=int(start)) if start.isdecimal() and len(start) < LONGEST_KEY else rows
        shown = list(rows.order_by("-pk")[: USES + 1])
        lines = [_line(row.job) for row in shown[:USES]]
        following = str(shown[USES].pk) if len(shown) > USES else ""
        context = {"version": version, "lines": lines, "next": following, "trained": trained}
        heading = _("Trained on from %(model)s") if trained else _("Jobs that worked with %(model)s")
        return self.page(request, "pages/model/uses.html", title=heading % {"model": version}, **context)


def _line(job: Job) -> dict[str, Any]:
    said = {"job": job, "title": title(job), "kind": in_language(job.kind), "colour": OF_STATES[State(job.state)]}
    return said | {"count": job.result.get("count")}
