"""Artifacts in the admin: the gallery, one artifact with its marks and proof, the verify page."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.services import project_for, visible_projects
from api.views.verification import Often
from catalog.models import ModelVersion, Stage
from desk.artifact.about import about
from desk.artifact.gallery import gallery
from desk.artifact.gallery_filter import GalleryForm
from desk.artifact.proof import proof_in_words
from desk.artifact.timeline import timeline
from desk.artifact.verdict import verdict_in_words
from desk.artifact.verify_form import VerifyForm
from desk.form_errors import place
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.words.sentences import in_language
from jobs.models import Job, State
from jobs.uploads import verify
from lineage.disclosure import disclosed
from lineage.models import Artifact
from lineage.reads import artifact_read
from models_store.errors import InvalidInput
from models_store.ids import is_uuid


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin):
    """Everything that was generated, and the way back from a file to what made it."""

    list_select_related = ("job", "model_version__model")

    def routes(self) -> list[Route]:
        """The verify page, the proof of one artifact, and one like it."""
        return [
            ("verify/", "verify", self.verify_view),
            ("<uuid:pk>/proof/", "proof", self.proof_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The gallery: what the filters of the address ask for, from its place on; `?part` is the tiles alone."""
        form = GalleryForm(request.GET, request.user)
        wanted = form.wanted()
        if "job" in form.errors and len(request.GET) == 1:
            raise Http404  # the link of a job that is not there, or not theirs
        context = gallery(wanted, request.GET.get("from", ""), request.user)
        for card in context["cards"]:
            if card["read"]:
                artifact_read(card["artifact"], request.user)
        template = "pages/artifact/tiles.html" if "part" in request.GET else "pages/artifact/gallery.html"
        title = _("Artifacts of %(job)s") % {"job": wanted.job} if wanted.job else _("Gallery")
        context |= {"form": form, "job": wanted.job, "filters": form.address()}
        return self.page(request, template, title=title, **context)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One artifact."""
        artifact = self.row(request, object_id)
        return self.page(request, "pages/artifact/page.html", **about(artifact, request.user))

    @answered
    def proof_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """The same page with its proof checked; asked by a script, that part alone."""
        artifact = self.row(request, pk)
        checked = proof_in_words(artifact)
        if request.headers.get("HX-Request"):
            return self.page(request, "pages/artifact/proof.html", artifact=artifact, proof=checked)
        return self.page(request, "pages/artifact/page.html", **about(artifact, request.user), proof=checked)

    @answered
    def verify_view(self, request: HttpRequest) -> HttpResponseBase:
        """Drop a file, read the verdict; `?job=` shows one that was asked for, `&answer` its part of the page alone."""
        asked = Job.objects.filter(kind="verify", project__in=visible_projects(request.user))
        said = request.GET.get("job", "")
        job = asked.filter(pk=said).first() if is_uuid(said) else None
        mine = asked.filter(submitted_by=request.user).exclude(pk=job.pk if job else None)
        context = {"title": _("Is this ours?"), "recent": mine[:10]}
        if request.method == "POST":
            return self.asked(request, context)
        if job is not None:
            context |= self.answer(request, job)
        template = (
            "pages/artifact/verify_answer.html" if job and "answer" in request.GET else "pages/artifact/verify.html"
        )
        return self.page(request, template, form=VerifyForm(), job=job, **context)

    def answer(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        """The verdict of a job, and the artifact and model that it names, as far as the person may see them."""
        found = disclosed(job.result, to=request.user) if job.state == State.SUCCEEDED else {}
        models = ModelVersion.objects.filter(model__project__in=visible_projects(request.user))
        artifact = self.get_queryset(request).filter(pk=found.get("artifact")).first()
        return {
            "verdict": verdict_in_words(found),
            "asked": job.inputs.filter(role="upload").first(),
            "timeline": timeline(artifact, found.get("log_proof"), request.user) if artifact else [],
            "reason": in_language(job.state_reason),
            "artifact": artifact,
            "stage_then": Stage(artifact.stage).label if artifact else "",
            "model_version": models.filter(pk=found.get("model_version")).first(),
        }

    def asked(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
        """A question becomes a job; the page then shows its answer."""
        form = VerifyForm(request.POST, request.FILES)
        if form.is_valid() and not Often().allow_request(request, self):  # type: ignore[arg-type]
            form.add_error("file", _("You ask very often. Wait a minute, then send the file again."))
        if form.errors:
            return self.page(request, "pages/artifact/verify.html", status=422, form=form, **context)
        project = project_for(request.user, request.POST.get("project", "").replace("\0", ""))
        try:
            job = verify(form.cleaned_data["file"], actor=request.user, project=project)[0]
        except InvalidInput as error:
            place(form, error, {})
            return self.page(request, "pages/artifact/verify.html", status=422, form=form, **context)
        return redirect(f"{request.path}?job={job.pk}")
