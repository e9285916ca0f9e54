"""What waits for a person's decision, and decisions."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import project_for
from api.access import Endpoint
from api.bodies.reviews import ReviewQuerySerializer, ReviewRequestSerializer, ReviewSerializer
from api.pages import NewestFirst
from api.reading import checked_body
from api.schema import operation
from audit.models import Review, ReviewRequest
from lineage.decisions import answer, decide
from models_store.errors import InvalidInput

SUBJECT = ("subject_kind", "subject")


@extend_schema_view(
    get=operation("Reviews", {200: ReviewSerializer(many=True)}, parameters=[ReviewQuerySerializer]),
    post=operation("Decide", {201: ReviewSerializer}, request=ReviewRequestSerializer),
)
class Reviews(Endpoint):
    """Reviews in the person's projects."""

    scopes = {"POST": "review"}
    serializer_class = ReviewSerializer
    filters = ReviewQuerySerializer
    orders = ("-at", "at")
    pagination_class = NewestFirst
    queryset = Review.objects.none()

    def get(self, request: Request) -> Response:
        """Decisions, newest first; with `open=true` what waits for one."""
        said = self.query
        rows: QuerySet[Review] | QuerySet[ReviewRequest] = Review.objects.all()
        if said.get("open"):
            rows = ReviewRequest.objects.filter(closed_at=None)
        only = project_for(self.person, said["project"]) if "project" in said else None
        by = {"subject_kind": "subject_kind", "subject": "subject_id"}
        rest = Q(**{column: said[name] for name, column in by.items() if name in said})
        return self.page(self.seen(rows, "project_id", only=only), rest)

    def post(self, request: Request) -> Response:
        """Four eyes: nobody decides on own work. Of two who decide at once the second meets 409 `already_decided`."""
        said = checked_body(request, ReviewRequestSerializer)
        named = [name for name in SUBJECT if name in said]
        if ("request" in said) == bool(named) or (named and len(named) < len(SUBJECT)):
            raise InvalidInput(
                "Say one of them.", field="request", expected="request, or subject_kind and subject", got=sorted(said)
            )
        how = {"actor": self.person, "comment": said["comment"]}
        if "request" in said:
            review = answer(said["request"], said["decision"], **how)
        else:
            review = decide(said["subject_kind"], str(said["subject"]), said["decision"], **how)
        return Response(self.get_serializer(review).data, status=201)
