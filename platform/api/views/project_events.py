"""What happens in all jobs of a project, for whoever follows them."""

from __future__ import annotations

from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Project
from accounts.services import project_for
from api.access import Endpoint
from api.bodies.events import STREAMED, ProjectEventsQuerySerializer, ProjectEventsSerializer, asked_types
from api.event_tail import newest, places
from api.listeners import WINDOW
from api.schema import operation
from api.stream import DEFAULT_TYPES
from jobs.models import JobEvent


@extend_schema_view(
    get=operation(
        "What happens in the jobs of a project",
        {200: ProjectEventsSerializer, STREAMED: OpenApiTypes.STR},
        headers=("Last-Event-ID",),
        description="With `Accept: text/event-stream` a stream of what happens from now on, or after `Last-Event-ID`, "
        "that never ends by itself; without `types` it tells how jobs change their states and how far they are. As "
        "JSON a page of events after `after`, or of the newest ones: at most so many events of the whole platform are "
        f"looked through for it ({WINDOW}), and `next` goes on from there.",
    )
)
class ProjectEvents(Endpoint):
    """The stream is the gate's (api/stream.py)."""

    filters = ProjectEventsQuerySerializer
    queryset = Project.objects.none()

    def get(self, request: Request, id: str) -> Response:
        """Oldest first; `next` is null at the end, where more may come."""
        project, limit = project_for(self.person, str(id)), self.query["limit"]
        types = asked_types(self.query) or DEFAULT_TYPES
        after = self.query.get("after", max(0, newest() - WINDOW))
        seen = places(after, most=WINDOW)
        own = [one.id for one in seen if one.project == project.pk and one.type in types]
        cut = len(own) > limit
        rows = JobEvent.objects.filter(pk__in=own[:limit]).order_by("pk")
        end = own[limit - 1] if cut else seen[-1].id if len(seen) == WINDOW else None
        words = {"after": end, "limit": limit, "types": ",".join(sorted(types))}
        on = request.build_absolute_uri(f"?{urlencode(words)}") if end is not None else None
        return Response(ProjectEventsSerializer({"results": rows, "next": on, "previous": None}).data)
