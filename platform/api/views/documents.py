"""The OpenAPI document and its page, both without logging in; and what is answered where there is nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.access import AnyAccept
from api.document import written
from models_store.errors import InvalidInput, NotFound

FORMS = {"yaml": "application/vnd.oai.openapi", "json": "application/vnd.oai.openapi+json"}


class Schema(APIView):
    """OpenAPI 3.1 (YAML, or JSON with `?format=json` or by `Accept`)."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = AnyAccept
    schema = None

    def get(self, request: Request) -> HttpResponseBase:
        """Written once in each process; 304 to whoever has it."""
        said = request.query_params.get("format") or ("json" if "json" in request.headers.get("Accept", "") else "yaml")
        if said not in FORMS:
            raise InvalidInput("The document has no such form.", field="format", expected=sorted(FORMS), got=said)
        body, etag = written(said)
        answer = HttpResponse(body, content_type=FORMS[said])
        answer.headers["ETag"] = etag
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["Content-Disposition"] = f'inline; filename="Kilnmark.{said}"'
        patch_vary_headers(answer, ["Accept"])
        found = get_conditional_response(request._request, etag, None, answer)
        return found or answer


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
