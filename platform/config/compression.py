"""Pages and JSON travel compressed; files and streams as they are: they are compressed already, or must not wait."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

LEAST_BYTES = 1024  # less is not worth the work
TYPES = ("text/html", "application/json", "application/problem+json", "application/vnd.oai.openapi", "image/svg+xml")


class TextCompression(GZipMiddleware):
    """gzip for texts of a kilobyte and more.

    What is secret in a page (the CSRF token) is masked anew in every answer, and Django adds up to 100 random bytes to
    each compressed one, so that its length tells nothing (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where the client takes it."""
        said = response.headers.get("Content-Type", "").split(";")[0].strip()
        if response.streaming or said not in TYPES or len(response.content) < LEAST_BYTES:
            return response
        return super().process_response(request, response)
