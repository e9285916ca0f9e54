"""How the log is watched: counts of reads and failed logins, and its self-check."""

from __future__ import annotations

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.log_sight import counts_seen_by, ways_to_counts
from accounts.services import project_for, require_watcher
from api.access import Endpoint
from api.bodies.log_watch import CountQuerySerializer, CountSerializer, SelfCheckSerializer
from api.pages import NewestFirst
from api.reading import no_body
from api.schema import operation
from api.walk import Ways
from audit import checking, hours
from audit.alarms import standing
from audit.models import HourlyCount
from models_store.errors import NotFound


@extend_schema_view(
    get=operation(
        "Reads and failed logins, by the hour", {200: CountSerializer(many=True)}, parameters=[CountQuerySerializer]
    )
)
class Counts(Endpoint):
    """Who read what how often: own ones, those of projects that one reviews or owns, all for auditors."""

    serializer_class = CountSerializer
    filters = CountQuerySerializer
    orders = ("-hour", "hour")
    pagination_class = NewestFirst
    queryset = HourlyCount.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first; an hour that lasts still has no `event`."""
        said = dict(self.query)
        if "project" in said:
            said["project_id"] = project_for(self.person, said.pop("project")).pk
        names = {"subject": "subject_id", "since": "hour__gte", "until": "hour__lt"}
        rest = Q(**{names.get(name, name): value for name, value in said.items()})
        return self.listed(HourlyCount.objects.all(), Ways(ways_to_counts(self.person), rest))


@extend_schema_view(get=operation("The proof that the log holds a count", {200: OpenApiTypes.OBJECT}))
class CountProof(Endpoint):
    """From the count to a signed tree head."""

    queryset = HourlyCount.objects.none()

    def get(self, request: Request, id: int) -> Response:
        """409 `not_in_log_yet` until its hour is over and a head covers it."""
        row = counts_seen_by(self.person).filter(pk=id).select_related("event").first()
        if row is None:
            raise NotFound()
        return Response(hours.proof_of(row))


@extend_schema_view(
    get=operation("The newest self-check of the log (auditors, operators)", {200: SelfCheckSerializer}),
    post=operation("Check the log now (auditors, operators)", {202: SelfCheckSerializer}),
)
class SelfCheck(Endpoint):
    """Every leaf, row, commitment, node, count and head, once a day and when asked for."""

    scopes = {"POST": "admin"}
    queryset = HourlyCount.objects.none()

    def get(self, request: Request) -> Response:
        """The newest that is finished, else the one that runs; with the alarms that stand."""
        require_watcher(self.person)
        found = checking.newest()
        if found is None:
            raise NotFound("The log was not checked yet; a worker does it.")
        return Response(SelfCheckSerializer(found.as_dict() | {"alarms": standing()}).data)

    def post(self, request: Request) -> Response:
        """Workers do it, slice by slice, from their next sweep on."""
        no_body(request)
        require_watcher(self.person)
        row = checking.start(actor=self.person.username, asked=True)
        return Response(SelfCheckSerializer(row.as_dict() | {"alarms": standing()}).data, status=202)
