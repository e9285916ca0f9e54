"""Recurring jobs."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.jobs import JobSerializer
from api.bodies.windows import (
    ScheduleChangeSerializer,
    ScheduleRequestSerializer,
    ScheduleSerializer,
    WindowQuerySerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body, no_body
from api.schema import operation
from api.views.jobs import accepted
from jobs import schedules
from jobs.models import Schedule


@extend_schema_view(
    get=operation("Recurring jobs", {200: ScheduleSerializer(many=True)}, parameters=[WindowQuerySerializer]),
    post=operation("A new recurring job", {201: ScheduleSerializer}, request=ScheduleRequestSerializer),
)
class Schedules(Endpoint):
    """Recurring jobs of the person's projects."""

    serializer_class = ScheduleSerializer
    filters = WindowQuerySerializer
    pagination_class = NewestFirst
    queryset = Schedule.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        only = project_for(self.person, self.query["project"]) if "project" in self.query else None
        return self.page(self.seen(schedules.schedule_rows(), only=only))

    def post(self, request: Request) -> Response:
        """Its body is checked as if it came now, and again each time it is due, with the rights of whoever made it.

        Of several times that were missed, one job stands for the last. What is refused then stands in `last_error`.
        """
        said = checked_body(request, ScheduleRequestSerializer)
        project = project_for(self.person, said.pop("project", None))
        schedule = schedules.create_schedule(project, actor=self.person, **said)
        place = reverse("schedule", args=[schedule.pk])
        return Response(self.get_serializer(schedule).data, status=201, headers={"Location": place})


@extend_schema_view(
    get=operation("A recurring job", {200: ScheduleSerializer}),
    patch=operation("Change a recurring job", {200: ScheduleSerializer}, request=ScheduleChangeSerializer),
    delete=operation("Take a recurring job away", {204: None}),
)
class OneSchedule(Endpoint):
    """One recurring job."""

    passing = ("next_due", "last_error")
    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """As it is now."""
        return Response(self.get_serializer(self.one(schedules.schedule_rows(), pk=id)).data)

    def patch(self, request: Request, id: str) -> Response:
        """Whoever changes it owns it from then on."""
        schedule = self.one(schedules.schedule_rows(), pk=id)
        changes = checked_body(request, ScheduleChangeSerializer)
        changed = schedules.change_schedule(schedule, actor=self.person, changes=changes)
        return Response(self.get_serializer(changed).data)

    def delete(self, request: Request, id: str) -> Response:
        """The jobs that it submitted stay."""
        schedules.delete_schedule(self.one(schedules.schedule_rows(), pk=id), actor=self.person)
        return Response(status=204)


@extend_schema_view(post=operation("Submit a recurring job now", {202: JobSerializer}))
class RunSchedule(Endpoint):
    """Once more, beside its times."""

    queryset = Schedule.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """As the person who asks; its times stay as they are."""
        no_body(request)
        return accepted(self, schedules.run_now(self.one(schedules.schedule_rows(), pk=id), actor=self.person))


@extend_schema_view(post=operation("Let a recurring job rest", {200: ScheduleSerializer}))
class PauseSchedule(Endpoint):
    """Nothing is submitted until it is resumed."""

    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """Asking twice changes nothing."""
        no_body(request)
        row = self.one(schedules.schedule_rows(), pk=id)
        return Response(self.get_serializer(schedules.rest(row, actor=self.person)).data)


@extend_schema_view(post=operation("Let a recurring job go on", {200: ScheduleSerializer}))
class ResumeSchedule(Endpoint):
    """From its next time on."""

    serializer_class = ScheduleSerializer
    queryset = Schedule.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """Asking twice changes nothing."""
        no_body(request)
        row = self.one(schedules.schedule_rows(), pk=id)
        return Response(self.get_serializer(schedules.go_on(row, actor=self.person)).data)
