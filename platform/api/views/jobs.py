"""Submit, list and look at jobs; ask them to stop or go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.services import project_for
from api.access import Endpoint
from api.bodies.control import PriorityRequestSerializer
from api.bodies.jobs import CloneRequestSerializer, JobQuerySerializer, JobRequestSerializer, JobSerializer
from api.pages import NewestFirst
from api.reading import body_of, checked_body, checked_query
from api.schema import operation
from jobs import services
from jobs.clone import clone
from jobs.models import Job
from jobs.order import set_priority
from jobs.submission import send
from models_store.errors import InvalidInput
from models_store.ids import is_uuid

LONGEST_KEY = 200
WAIT = OpenApiParameter("wait", int, description="Answer when the job has ended, after at most so many seconds (60).")


def job_rows() -> QuerySet[Job]:
    """Jobs with what their body says: four queries, however many."""
    rows = Job.objects.select_related("project", "submitted_by", "window")
    return rows.prefetch_related("inputs", "comes_after", "followed_by")


def chosen(rows: QuerySet[Job], said: Mapping[str, Any], person: User) -> QuerySet[Job]:
    """The rows that fit the filters of a query."""
    if "project" in said:
        rows = rows.filter(project=project_for(person, said["project"]))
    if "kind" in said:
        rows = rows.filter(kind=said["kind"])
    if said.get("state"):
        rows = rows.filter(state__in=said["state"])
    if "created_after" in said:
        rows = rows.filter(created_at__gte=said["created_after"])
    if "created_before" in said:
        rows = rows.filter(created_at__lt=said["created_before"])
    if "window" in said:
        window = Q(window=said["window"]) if is_uuid(said["window"]) else Q(window__name=said["window"])
        rows = rows.filter(window)
    if "schedule" in said:
        rows = rows.filter(schedule=said["schedule"])
    if "model" in said:
        uses = Job.objects.filter(inputs__model_version__model=said["model"]).values("pk")
        rows = rows.filter(Q(pk__in=uses) | Q(model_version__model=said["model"]))
    return rows


def accepted(view: Endpoint, job: Job) -> Response:
    """202 with the job and where it is."""
    fresh = job_rows().get(pk=job.pk)
    return Response(
        JobSerializer(fresh, context=view.get_serializer_context() | {"submitted": True}).data,
        status=202,
        headers={"Location": reverse("job", args=[job.pk])},
    )


def idempotency_key(request: Request) -> str | None:
    """The header, checked; None where there is none."""
    said = request.headers.get("Idempotency-Key")
    if said is not None and not 0 < len(said) <= LONGEST_KEY:
        raise InvalidInput(
            "This is no key.", field="Idempotency-Key", expected=f"1 to {LONGEST_KEY} characters", got=said
        )
    return said


@extend_schema_view(
    get=operation("Jobs", {200: JobSerializer(many=True)}, parameters=[JobQuerySerializer]),
    post=operation("Submit a job", {202: JobSerializer}, request=JobRequestSerializer, headers=("Idempotency-Key",)),
)
class Jobs(Endpoint):
    """Jobs of the person's projects."""

    serializer_class = JobSerializer
    pagination_class = NewestFirst
    queryset = Job.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        said = checked_query(request, JobQuerySerializer)
        return self.page(chosen(self.seen(job_rows()), said, self.person))

    def post(self, request: Request) -> Response:
        """Any kind, with all that come `then` or none of them.

        The same Idempotency-Key with the same body gives the same job, with another body 409. A job that comes `after`
        others, or `then`, is held until they have succeeded; when one of them ends otherwise, it is cancelled with that
        one's reason and the code `earlier_job_ended`. A fault in what comes then is placed: `then[1].params.count`.
        """
        job, _ = send(body_of(request), actor=self.person, idempotency_key=idempotency_key(request))
        return accepted(self, job)


@extend_schema_view(
    get=operation("A job", {200: JobSerializer}, parameters=[WAIT]),
    patch=operation("Change the priority of a job", {200: JobSerializer}, request=PriorityRequestSerializer),
)
class OneJob(Endpoint):
    """One job."""

    queryset = Job.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """As it is now; with `wait`, once it has ended or waits for a person."""
        job = self.one(job_rows(), pk=id)
        return Response(JobSerializer(job, context=self.get_serializer_context()).data)

    def patch(self, request: Request, id: str) -> Response:
        """As long as it does not run; among equals it then stands by its age."""
        job = self.one(job_rows(), pk=id)
        set_priority(job, checked_body(request, PriorityRequestSerializer)["priority"], actor=self.person)
        return Response(JobSerializer(job_rows().get(pk=id), context=self.get_serializer_context()).data)


class _Ask(Endpoint):
    """One verb on a job."""

    queryset = Job.objects.none()

    def asked(self, id: str, verb: Any) -> Response:
        """The job after the verb."""
        job = self.one(job_rows(), pk=id)
        verb(job, actor=self.person)
        fresh = job_rows().get(pk=job.pk)
        return Response(JobSerializer(fresh, context=self.get_serializer_context()).data)


@extend_schema_view(post=operation("Cancel a job", {200: JobSerializer}))
class Cancel(_Ask):
    """At once where it waits, between two steps where it runs."""

    def post(self, request: Request, id: str) -> Response:
        """Asking twice changes nothing."""
        return self.asked(id, services.cancel)


@extend_schema_view(post=operation("Pause a job", {200: JobSerializer}))
class Pause(_Ask):
    """Save its state and leave."""

    def post(self, request: Request, id: str) -> Response:
        """It goes on when it is resumed."""
        return self.asked(id, services.pause)


@extend_schema_view(post=operation("Resume a paused job", {200: JobSerializer}))
class Resume(_Ask):
    """Back into the queue."""

    def post(self, request: Request, id: str) -> Response:
        """From its saved state."""
        return self.asked(id, services.resume)


@extend_schema_view(post=operation("Try a failed job again", {200: JobSerializer}))
class Retry(_Ask):
    """Back into the queue."""

    def post(self, request: Request, id: str) -> Response:
        """From its last saved state, if there is one; after others, it waits for them again."""
        return self.asked(id, services.retry)


@extend_schema_view(
    post=operation(
        "Submit a job like this one",
        {202: JobSerializer},
        request=CloneRequestSerializer,
        headers=("Idempotency-Key",),
    )
)
class Clone(Endpoint):
    """A copy, with changes."""

    queryset = Job.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """It keeps the seed unless another is named."""
        job = self.one(job_rows(), pk=id)
        changes = checked_body(request, CloneRequestSerializer)
        copy, _ = clone(job, actor=self.person, changes=changes, idempotency_key=idempotency_key(request))
        return accepted(self, copy)
