"""The morning digest over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Endpoint
from api.bodies.digests import DigestQuerySerializer, DigestSerializer
from api.schema import operation
from jobs.digest import digest
from jobs.models import DigestMail


@extend_schema_view(
    get=operation("What a night brought", {200: DigestSerializer}, parameters=[DigestQuerySerializer]),
)
class Digest(Endpoint):
    """Of the person's projects; of the whole platform for an operator."""

    filters = DigestQuerySerializer
    queryset = DigestMail.objects.none()

    def get(self, request: Request) -> Response:
        """Since yesterday evening unless said."""
        said = self.query
        return Response(DigestSerializer(digest(self.person, begin=said.get("from"), end=said.get("to"))).data)
