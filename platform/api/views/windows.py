"""Windows in which jobs may run."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.windows import (
    WindowChangeSerializer,
    WindowQuerySerializer,
    WindowRequestSerializer,
    WindowSerializer,
)
from api.pages import NewestFirst
from api.reading import body_of, checked
from api.schema import operation
from jobs.models import Window
from jobs.window_services import CHANGES, change_window, create_window, delete_window, window_rows
from models_store.errors import InvalidInput


@extend_schema_view(
    get=operation("Windows", {200: WindowSerializer(many=True)}, parameters=[WindowQuerySerializer]),
    post=operation("A new window", {201: WindowSerializer}, request=WindowRequestSerializer),
)
class Windows(Endpoint):
    """Windows of the person's projects."""

    serializer_class = WindowSerializer
    filters = WindowQuerySerializer
    pagination_class = NewestFirst
    queryset = Window.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first."""
        only = project_for(self.person, self.query["project"]) if "project" in self.query else None
        return self.page(self.seen(window_rows(), only=only))

    def post(self, request: Request) -> Response:
        """Weekly hours in the time of one zone; hours that overlap are refused.

        Where clocks are changed, a time that does not exist is the first after it; one that exists twice is its first
        coming where the window opens and its second where it closes. A day's exception replaces what begins on it.
        """
        said = body_of(request)
        _known(said, (*CHANGES, "project"))
        named = {"project": said["project"]} if said.get("project") is not None else {}
        project = project_for(self.person, checked(named, WindowQuerySerializer).get("project"))
        given = {name: said.get(name) for name in CHANGES}
        window = window_rows().get(pk=create_window(project, actor=self.person, **given).pk)
        place = reverse("window", args=[window.pk])
        return Response(self.get_serializer(window).data, status=201, headers={"Location": place})


@extend_schema_view(
    get=operation("A window", {200: WindowSerializer}),
    patch=operation("Change a window", {200: WindowSerializer}, request=WindowChangeSerializer),
    delete=operation("Take a window away", {204: None}),
)
class OneWindow(Endpoint):
    """One window."""

    passing = ("open", "opens_at", "closes_at")
    serializer_class = WindowSerializer
    queryset = Window.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """As it stands now."""
        return Response(self.get_serializer(self.one(window_rows(), pk=id)).data)

    def patch(self, request: Request, id: str) -> Response:
        """Jobs that wait in it are told at once; one that runs sees it at its next beat."""
        window = change_window(self.one(window_rows(), pk=id), actor=self.person, changes=body_of(request))
        return Response(self.get_serializer(window).data)

    def delete(self, request: Request, id: str) -> Response:
        """409 `window_in_use` while jobs that have not ended are bound to it."""
        delete_window(self.one(window_rows(), pk=id), actor=self.person)
        return Response(status=204)


def _known(said: dict[str, object], names: tuple[str, ...]) -> None:
    if unknown := sorted(set(said) - set(names)):
        detail = f"There is no field {unknown[0]!r}."
        raise InvalidInput(detail, code="unknown_field", field=unknown[0], expected=sorted(names))
