"""Submit, list and look at jobs; ask them to stop or go on."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Project, User
from accounts.services import visible_ids
from api.access import Endpoint
from api.bodies.control import PriorityRequestSerializer
from api.bodies.jobs import (
    CloneRequestSerializer,
    JobQuerySerializer,
    JobRequestSerializer,
    JobSerializer,
    WaitQuerySerializer,
)
from api.idempotency import REPLAYED, key_of
from api.pages import NewestFirst
from api.reading import body_of, checked_body, no_body
from api.schema import operation
from api.views.job_filters import JobFilters
from config.quick_rows import row_by, rows_by
from jobs import services
from jobs.clone import clone
from jobs.models import Job, JobAfter, JobInput, Window
from jobs.order import set_priority
from jobs.submission import send
from models_store.errors import NotFound


def job_rows() -> QuerySet[Job]:
    """Jobs with what their body says: four queries, however many."""
    rows = Job.objects.select_related("project", "submitted_by", "window")
    return rows.prefetch_related("inputs", "comes_after", "followed_by")


def seen_job(person: User, id: str) -> Job:
    """One of `job_rows`, row by row by their keys: it is asked for more than all else. NotFound to a stranger."""
    job, seen = row_by(Job, id=id), visible_ids(person)
    if job is None or (seen is not None and job.project_id not in seen):
        raise NotFound()
    job.project = row_by(Project, id=job.project_id)
    job.submitted_by = person if job.submitted_by_id == person.pk else row_by(User, id=job.submitted_by_id)
    if job.window_id:
        job.window = row_by(Window, id=job.window_id)
    job._prefetched_objects_cache = {
        "inputs": rows_by(JobInput, job=job.pk),
        "comes_after": rows_by(JobAfter, job=job.pk),
        "followed_by": rows_by(JobAfter, earlier=job.pk),
    }
    return job


def accepted(view: Endpoint, job: Job, *, new: bool = True) -> Response:
    """202 with the job and where it is; a job that was there already says so."""
    fresh = as_written(job) if new and job.written else job_rows().get(pk=job.pk)
    return Response(
        JobSerializer(fresh, context=view.get_serializer_context() | {"submitted": True}).data,
        status=202,
        headers={"Location": reverse("job", args=[job.pk])} | ({} if new else REPLAYED),
    )


def as_written(job: Job) -> Job:
    """A job that was submitted just now, for the serializer alone: the rows beside it are known and not asked for."""
    job._prefetched_objects_cache = dict(job.written)
    return job


@extend_schema_view(
    get=operation("Jobs", {200: JobSerializer(many=True)}, parameters=[JobQuerySerializer]),
    post=operation(
        "Submit a job",
        {200: JobSerializer, 202: JobSerializer},
        request=JobRequestSerializer,
        headers=("Idempotency-Key", "Prefer"),
    ),
)
class Jobs(Endpoint):
    """Jobs of the person's projects."""

    own_key = True
    serializer_class = JobSerializer
    filters = JobQuerySerializer
    pagination_class = NewestFirst
    queryset = Job.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.listed(job_rows(), JobFilters(self.person, self.query).ways())

    def post(self, request: Request) -> Response:
        """Any kind, with all that come `then` or none of them.

        With `Prefer: wait=30` it is 200 where the job has come to rest within so many seconds, else 202.

        The same Idempotency-Key with the same body gives the same job, with another body 409. A job that comes `after`
        others, or `then`, is held until they have succeeded; when one of them ends otherwise, it is cancelled with that
        one's reason and the code `earlier_job_ended`. A fault in what comes then is placed: `then[1].params.count`.
        """
        job, new = send(body_of(request), actor=self.person, idempotency_key=key_of(request))
        return accepted(self, job, new=new)


@extend_schema_view(
    get=operation(
        "A job", {200: JobSerializer, 202: JobSerializer}, parameters=[WaitQuerySerializer], headers=("Prefer",)
    ),
    patch=operation("Change the priority of a job", {200: JobSerializer}, request=PriorityRequestSerializer),
)
class OneJob(Endpoint):
    """One job."""

    passing = ("waiting", "progress")
    serializer_class = JobSerializer
    filters = WaitQuerySerializer
    queryset = Job.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """As it is now; with `wait`, once it has ended or waits for a person."""
        job = seen_job(self.person, id)
        return Response(self.get_serializer(job).data)

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
        no_body(self.request)
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
        {200: JobSerializer, 202: JobSerializer},
        request=CloneRequestSerializer,
        headers=("Idempotency-Key", "Prefer"),
    )
)
class Clone(Endpoint):
    """A copy, with changes."""

    own_key = True
    queryset = Job.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """It keeps the seed unless another is named."""
        job = self.one(job_rows(), pk=id)
        changes = checked_body(request, CloneRequestSerializer)
        copy, new = clone(job, actor=self.person, changes=changes, idempotency_key=key_of(request))
        return accepted(self, copy, new=new)
