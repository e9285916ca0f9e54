"""Pages and JSON travel compressed; files and streams as they are: they are compressed already, or must not wait."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.functional import cached_property

LEAST_BYTES = 1024  # less is not worth the work
ZIPPED = "-gzip"  # ends the tag of a compressed answer: it is another sequence of bytes (RFC 9110, section 8.8.3.3)
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
        tag = response.headers.get("ETag", "")
        if not tag.startswith('"'):
            return super().process_response(request, response)
        response = self.steady.process_response(request, response)
        if response.headers.get("Content-Encoding") == "gzip":
            response.headers["ETag"] = f'{tag[:-1]}{ZIPPED}"'
        return response

    @cached_property
    def steady(self) -> GZipMiddleware:
        """Without random bytes: what has a strong tag is the same each time, and holds no secret."""
        plain = GZipMiddleware(self.get_response)
        plain.max_random_bytes = 0
        return plain
