"""What a job leaves while it runs and when it has ended: events, curves, log, sample grids, archive, sheet."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api import downloads
from api.access import Endpoint
from api.bodies.events import STREAMED, EventsQuerySerializer, JobEventSerializer, asked_types
from api.bodies.job_records import (
    GenerationManifestSerializer,
    LogLineSerializer,
    PointsQuerySerializer,
    SampleListSerializer,
    SeriesSerializer,
)
from api.pages import OldestFirst
from api.schema import File, operation
from jobs.curves import curves, event_file, thinned
from jobs.models import Job, JobEvent
from lineage import manifests
from lineage.consequences import headers_of_job, revocations_of
from lineage.flags import nothing_against_all, require_all_shown
from lineage.reads import job_read
from lineage.retention import refuse_if
from models_store.errors import NotFound


class OfJob(Endpoint):
    """Something of one job."""

    queryset = JobEvent.objects.none()

    def job(self, id: str) -> Job:
        """The job, or NotFound."""
        return self.one(Job.objects.select_related("project"), pk=id)


@extend_schema_view(
    get=operation(
        "What happened in a job",
        {200: JobEventSerializer(many=True), STREAMED: OpenApiTypes.STR},
        headers=("Last-Event-ID",),
        description="A page of JSON; with `Accept: text/event-stream` a stream that ends with the job. While texts "
        "are made, events of type `partial` say what was added to the first of them: `{pieces: [{index, at, text}]}`, "
        "where `at` counts the characters that came before; a piece at 0 begins its text anew.",
    )
)
class Events(OfJob):
    """In order; the stream is the gate's (api/stream.py)."""

    serializer_class = JobEventSerializer
    filters = EventsQuerySerializer
    pagination_class = OldestFirst
    filters = EventsQuerySerializer

    def get(self, request: Request, id: str) -> Response:
        """Oldest first."""
        rows = JobEvent.objects.filter(job=self.job(id))
        if after := self.query.get("after"):
            rows = rows.filter(pk__gt=after)
        if types := asked_types(self.query):
            rows = rows.filter(type__in=types)
        return self.page(rows)


@extend_schema_view(get=operation("What made a generate job's artifacts", {200: GenerationManifestSerializer}))
class GenerationManifest(OfJob):
    """With the salt, so that a member can show what the digest in a credential stands for."""

    serializer_class = GenerationManifestSerializer

    def get(self, request: Request, id: str) -> Response:
        """NotFound for a job that generates nothing."""
        job = self.job(id)
        if not job.inputs.filter(role="model", model_version__isnull=False).exists() or job.kind != "generate":
            raise NotFound("Only a generate job has a manifest of what it made.", field="kind", got=job.kind)
        said = {"manifest": manifests.of_job(job), "salt": job.salt, "digest": manifests.public_digest(job)}
        said |= {"revoked": revocations_of(job)}
        job_read(job, self.person, "job.manifest_read")
        return Response(said)


@extend_schema_view(get=operation("The log of a job", {200: LogLineSerializer(many=True)}))
class Logs(OfJob):
    """Kept lines."""

    serializer_class = LogLineSerializer
    pagination_class = OldestFirst

    def get(self, request: Request, id: str) -> Response:
        """Oldest first."""
        job = self.job(id)
        refuse_if(job.logs_expired_at)
        return self.page(JobEvent.objects.filter(job=job, type="log"))


@extend_schema_view(
    get=operation(
        "The curves of a job",
        {200: SeriesSerializer},
        parameters=[PointsQuerySerializer],
    )
)
class Metrics(OfJob):
    """Series of figures."""

    filters = PointsQuerySerializer

    def get(self, request: Request, id: str) -> Response:
        """A step that was done twice counts once."""
        most = max(2, self.query["points"])
        whole = curves(self.job(id))
        kept = {name: thinned(points, most) for name, points in whole.items()}
        return Response({"series": kept, "thinned": any(len(whole[name]) > len(kept[name]) for name in whole)})


@extend_schema_view(get=operation("The sample grids of a job", {200: SampleListSerializer}))
class Samples(OfJob):
    """Pictures made while it trained."""

    def get(self, request: Request, id: str) -> Response:
        """By step."""
        rows = self.job(id).events.filter(type="sample").order_by("pk")
        found = {
            row.data["step"]: {
                "step": row.data["step"],
                "at": row.at,
                "sha256": row.data["sha256"],
                "content": reverse("job-sample", args=[id, row.data["step"]]),
            }
            for row in rows
        }
        return Response(SampleListSerializer({"results": [found[step] for step in sorted(found)]}).data)


@extend_schema_view(get=operation("A sample grid (PNG)", {200: File("image/png")}))
class Sample(OfJob):
    """One of them."""

    def get(self, request: Request, id: str, step: int) -> HttpResponseBase:
        """The newest of that step."""
        job = self.job(id)
        row = job.events.filter(type="sample", data__step=step).order_by("-pk").first()
        if row is None:
            raise NotFound(f"This job made no sample at step {step}.", field="step", got=step)
        cache = "private, no-cache"  # a job that went on from a saved state makes the step again
        return downloads.blob(request, job.project, row.data["sha256"], f"{step}.png", inline=True, cache=cache)


@extend_schema_view(get=operation("Everything a job made, as a zip", {200: File("application/zip")}))
class Archive(OfJob):
    """The stored zip of a generate job."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Once it has succeeded."""
        job = self.job(id)
        require_all_shown(job, self.person)
        said, free = headers_of_job(job), nothing_against_all(job)
        answer = downloads.blob(request, job.project, made(job, "archive"), f"{job.pk}.zip", free=free)
        downloads.flag(answer, said)
        job_read(job, self.person, "job.archive_downloaded")
        return answer


@extend_schema_view(get=operation("The contact sheet of a job (PNG)", {200: File("image/png")}))
class Sheet(OfJob):
    """Many pictures side by side."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Once it has succeeded."""
        job = self.job(id)
        require_all_shown(job, self.person)
        answer = downloads.blob(request, job.project, made(job, "sheet"), "sheet.png", inline=True)
        downloads.flag(answer, headers_of_job(job))
        job_read(job, self.person, "job.sheet_read")
        return answer


@extend_schema_view(get=operation("The scores of every item of a score job", {200: File("application/json")}))
class Scores(OfJob):
    """Which item has which figures, in the order of the data."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Once it has succeeded."""
        job = self.job(id)
        answer = downloads.blob(request, job.project, made(job, "scores"), "scores.json", cache="private, no-store")
        job_read(job, self.person, "job.scores_read")
        return answer


@extend_schema_view(
    get=operation("The curves and grids of a training as an event file of TensorBoard", {200: File(downloads.OCTETS)})
)
class TensorBoard(OfJob):
    """Put it into a folder of its own and give `tensorboard --logdir` that folder."""

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """The whole training once it has succeeded; until then as its last saved state has it."""
        job = self.job(id)
        sha256 = event_file(job)
        if sha256 is None:
            raise NotFound("This job has no event file: only a training has one, from its first saved state on.")
        name = f"events.out.tfevents.{job.pk}"
        return downloads.blob(request, job.project, sha256, name, cache="private, no-cache")


def made(job: Job, what: str) -> str:
    """The digest of what the job made; NotFound while there is none."""
    sha256 = job.result.get(f"{what}_sha256")
    if sha256:
        refuse_if(job.files_expired_at)
    if not sha256:
        raise NotFound(f"This job has no {what}: it is a {job.kind} job that is {job.state}.", expected="succeeded")
    return str(sha256)
