"""A job's place in the line, many jobs at once, and whole queues."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Endpoint
from api.bodies.control import (
    BulkRequestSerializer,
    BulkSerializer,
    MoveRequestSerializer,
    QueueListSerializer,
    QueuePauseRequestSerializer,
    QueueSerializer,
)
from api.bodies.jobs import JobQuerySerializer, JobSerializer
from api.reading import body_of, checked, checked_body, no_body
from api.schema import operation
from api.views.job_filters import chosen
from api.views.jobs import job_rows
from jobs import order
from jobs.admission import within
from jobs.bulk import MOST, ask_all
from jobs.models import Job, QueuePause
from jobs.queues import pause_queue, queues, resume_queue
from models_store.errors import InvalidInput


def one_of(said: dict[str, Any], names: tuple[str, ...]) -> str:
    """The one name that was given; InvalidInput for none or several."""
    given = [name for name in names if name in said]
    if len(given) != 1:
        expected = "one of " + ", ".join(names)
        raise InvalidInput("Say one of them.", field=(given or names)[-1], expected=expected, got=given)
    return given[0]


def _filter(request: Request) -> dict[str, Any]:
    """The filter of a body: a word that is none must not mean all jobs, and nor must none."""
    raw = body_of(request)["filter"]
    with within("filter"):
        if not raw:
            raise InvalidInput("Say which jobs.", expected="at least one filter")
        found = checked(raw, JobQuerySerializer)
        if empty := sorted(name for name, value in found.items() if not value):
            raise InvalidInput("Say which jobs.", field=empty[0], expected="at least one", got=raw[empty[0]])
        return found


@extend_schema_view(
    post=operation("Move a queued job in the line", {200: JobSerializer}, request=MoveRequestSerializer)
)
class Move(Endpoint):
    """Among the queued jobs of its project and queue."""

    queryset = Job.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """It takes the priority of the job it is put next to; what is submitted later comes after those moved."""
        job = self.one(job_rows(), pk=id)
        said = checked_body(request, MoveRequestSerializer)
        where = one_of(said, ("before", "after", "to"))
        if where == "to":
            order.move_to_end(job, said["to"], actor=self.person)
        else:
            with within(where):
                other = self.one(Job.objects.all(), pk=said[where])
            order.move_next_to(job, where, other, actor=self.person)
        return Response(JobSerializer(job_rows().get(pk=id), context=self.get_serializer_context()).data)


@extend_schema_view(
    post=operation("One action on many jobs", {200: BulkSerializer}, request=BulkRequestSerializer),
)
class Bulk(Endpoint):
    """Each job is asked by itself and answers for itself."""

    queryset = Job.objects.none()

    def post(self, request: Request) -> Response:
        """What came too late for one says so and what is so; the others are done. Repeating it changes nothing more."""
        said = checked_body(request, BulkRequestSerializer)
        if one_of(said, ("ids", "filter")) == "ids":
            ids, more = said["ids"], False
        else:
            rows = chosen(self.seen(Job.objects.all()), _filter(request), self.person).order_by("-pk")
            found = list(rows.values_list("pk", flat=True)[: MOST + 1])
            ids, more = found[:MOST], len(found) > MOST
        jobs = {job.pk: job for job in self.seen(Job.objects.select_related("project")).filter(pk__in=ids)}
        outcomes = ask_all(jobs, ids, said["action"], actor=self.person, priority=said.get("priority"))
        return Response(BulkSerializer({"results": outcomes, "more": more}).data)


@extend_schema_view(get=operation("The queues", {200: QueueListSerializer}))
class Queues(Endpoint):
    """Where jobs wait."""

    queryset = QueuePause.objects.none()

    def get(self, request: Request) -> Response:
        """How many wait and run, who works there, and which are paused."""
        return Response(QueueListSerializer({"results": queues()}).data)


class _OneQueue(Endpoint):
    scopes = {"POST": "admin"}
    queryset = QueuePause.objects.none()

    def now(self, name: str) -> Response:
        """The queue as it is now; one that nobody knows any more has nothing."""
        row = next((queue for queue in queues() if queue.name == name), None)
        return Response(QueueSerializer(row).data if row else {"queue": name})


@extend_schema_view(
    post=operation("Pause a queue", {200: QueueSerializer}, request=QueuePauseRequestSerializer),
)
class PauseQueue(_OneQueue):
    """For operators."""

    def post(self, request: Request, queue: str) -> Response:
        """Nothing is begun there until it is resumed, whatever restarts; what runs goes on."""
        said = checked_body(request, QueuePauseRequestSerializer)
        pause_queue(queue, actor=self.person, reason=said.get("reason", ""))
        return self.now(queue)


@extend_schema_view(post=operation("Let a queue go on", {200: QueueSerializer}))
class ResumeQueue(_OneQueue):
    """For operators."""

    def post(self, request: Request, queue: str) -> Response:
        """One that is not paused stays as it is."""
        no_body(request)
        resume_queue(queue, actor=self.person)
        return self.now(queue)
