"""Artifacts in the admin: the gallery, one artifact with its marks and proof, the verify page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.services import project_for, visible_projects
from config.pages import ReadOnlyAdmin, Route, answered
from jobs.models import Job, State
from jobs.uploads import verify
from lineage.gallery import gallery
from lineage.models import Artifact
from lineage.verdict_page import marks_in_words, verdict_in_words
from lineage.verify_form import VerifyForm
from models_store.errors import InvalidInput
from models_store.ids import is_uuid


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Everything that was generated, and the way back from a file to what made it."""

    list_select_related = ("job", "model_version__model")

    def routes(self) -> list[Route]:
        """The verify page."""
        return [("verify/", "verify", self.verify_view)]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """A grid of pictures: those of one job in order (`?job=`), or the newest."""
        said = request.GET.get("job", "")
        job = None
        if said:
            mine = Job.objects.filter(project__in=visible_projects(request.user))
            job = mine.filter(pk=said).first() if is_uuid(said) else None
            if job is None:
                raise InvalidInput(_("There is no such page, or you may not see it."), field="job", got=said)
        rows = self.get_queryset(request).select_related("model_version__model")
        context = gallery(rows, job, request.GET.get("from", ""))
        title = _("Artifacts of %(job)s") % {"job": job} if job else _("Artifacts")
        return self.page(request, "pages/gallery.html", title=title, **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One artifact."""
        artifact = self.row(request, object_id)
        mine = self.get_queryset(request).filter(job=artifact.job)
        context = {
            "title": f"{artifact.job} #{artifact.index}",
            "artifact": artifact,
            "is_picture": artifact.media_type.startswith("image/"),
            "marks": marks_in_words(artifact.marks),
            "before": mine.filter(index__lt=artifact.index).order_by("-index").first(),
            "after": mine.filter(index__gt=artifact.index).order_by("index").first(),
            "in_log": artifact.leaf is not None and artifact.leaf.index is not None,
        }
        return self.page(request, "pages/artifact.html", **context)

    @answered
    def verify_view(self, request: HttpRequest) -> HttpResponseBase:
        """Drop a file, read the verdict; `?job=` shows one that was asked for."""
        asked = Job.objects.filter(kind="verify", project__in=visible_projects(request.user))
        recent = asked.filter(submitted_by=request.user)[:10]
        if request.method == "POST":
            form = VerifyForm(request.POST, request.FILES)
            if form.is_valid():
                project = project_for(request.user, request.POST.get("project"))
                job = verify(form.cleaned_data["file"], actor=request.user, project=project)
                return redirect(f"{request.path}?job={job.pk}")
            return self.page(
                request, "pages/verify.html", title=_("Is this ours?"), form=form, recent=recent, status=422
            )
        said = request.GET.get("job", "")
        job = asked.filter(pk=said).first() if is_uuid(said) else None
        verdict = verdict_in_words(job.result) if job and job.state == State.SUCCEEDED else None
        context = {"title": _("Is this ours?"), "form": VerifyForm(), "job": job, "verdict": verdict, "recent": recent}
        template = "pages/verify_answer.html" if "answer" in request.GET else "pages/verify.html"
        return self.page(request, template, **context)
