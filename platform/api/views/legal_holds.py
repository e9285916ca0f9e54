"""Legal holds: what must be kept, why, and who lets it go."""

from __future__ import annotations

from django.db.models import Q
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.legal_holds import (
    LegalHoldQuerySerializer,
    LegalHoldRequestSerializer,
    LegalHoldSerializer,
    LiftLegalHoldRequestSerializer,
)
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from lineage import legal_holds
from lineage.models import LegalHold


@extend_schema_view(
    get=operation("Legal holds", {200: LegalHoldSerializer(many=True)}, parameters=[LegalHoldQuerySerializer]),
    post=operation("Set a legal hold", {201: LegalHoldSerializer}, request=LegalHoldRequestSerializer),
)
class LegalHolds(Endpoint):
    """Holds in the person's projects."""

    scopes = {"POST": "review"}
    serializer_class = LegalHoldSerializer
    filters = LegalHoldQuerySerializer
    pagination_class = NewestFirst
    queryset = LegalHold.objects.none()

    def get(self, request: Request) -> Response:
        """Newest first, lifted ones among them."""
        said = self.query
        only = project_for(self.person, said["project"]) if "project" in said else None
        by = {"subject_kind": "subject_kind", "subject": "subject_id"}
        rest = Q(**{column: said[name] for name, column in by.items() if name in said})
        if (in_force := said.get("in_force")) is not None:
            rest &= Q(lifted_at__isnull=in_force)
        return self.page(self.seen(legal_holds.hold_rows(), only=only), rest)

    def post(self, request: Request) -> Response:
        """It keeps the thing, what it was made of, and what was made of it, until another person lifts it."""
        said = checked_body(request, LegalHoldRequestSerializer)
        hold = legal_holds.set_hold(said["subject_kind"], said["subject"], reason=said["reason"], actor=self.person)
        return Response(LegalHoldSerializer(hold).data, status=201)


@extend_schema_view(
    post=operation("Lift a legal hold", {200: LegalHoldSerializer}, request=LiftLegalHoldRequestSerializer)
)
class LiftLegalHold(Endpoint):
    """Another person than the one who set it."""

    scopes = {"POST": "review"}
    queryset = LegalHold.objects.none()

    def post(self, request: Request, id: str) -> Response:
        """Retention and erasure count again from now on."""
        hold = self.one(legal_holds.hold_rows(), pk=id)
        said = checked_body(request, LiftLegalHoldRequestSerializer)
        hold = legal_holds.lift_hold(hold, comment=said["comment"], actor=self.person)
        return Response(LegalHoldSerializer(hold).data)
