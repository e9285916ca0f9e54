"""The OpenAPI document and its page, both without logging in; and what is answered where there is nothing."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.access import AnyAccept
from models_store.errors import NotFound


class Schema(SpectacularAPIView):
    """OpenAPI 3.1 (YAML, or JSON with `?format=json`)."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version: what a query says has no place in the name of the file, which is a header."""
        return None


class Docs(SpectacularSwaggerView):
    """Swagger UI from our own files: works offline."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class Nothing(APIView):
    """A path below /api/ that does not exist."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AnyAccept
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """404, whatever was asked of it."""
        raise NotFound(f"There is nothing at {request.path}.")
