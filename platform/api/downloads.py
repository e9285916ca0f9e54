"""Bytes for a client: what people brought or models made goes out as attachment, sandboxed, under a type of our own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from django.http import FileResponse, HttpResponse, HttpResponseBase
from rest_framework.request import Request

from accounts.models import Project
from catalog.store import blobs, namespace
from models_store.media_types import SUFFIXES

BOX = "kilnmark.file"  # in the ASGI scope: where the gate takes an open file from, to send it without holding a thread
OCTETS = "application/octet-stream"
MEDIA_TYPES = {
    f".{suffix}": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind for kind, suffix in SUFFIXES.items()
}
SANDBOX = "sandbox; default-src 'none'"
UNCHANGING = "private, max-age=31536000, immutable"  # named by its digest or id, so it never changes


def media_type(name: str) -> str:
    """The type of a file name that we say, never one that somebody claimed."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), OCTETS)


def blob(
    request: Request, project: Project, sha256: str, name: str, *, inline: bool = False, cache: str = UNCHANGING
) -> HttpResponseBase:
    """A file of the project's store, verified; `inline` only for pictures that the platform made."""
    response = sent(request, blobs().open(namespace(project), sha256), name, inline=inline)
    response.headers["ETag"] = f'"{sha256}"'
    response.headers["Cache-Control"] = cache
    return response


def flag(response: HttpResponseBase, said: Mapping[str, str]) -> None:
    """Headers that say of bytes which never change what has become of them since."""
    for name, value in said.items():
        response.headers[name] = value


def sent(request: Request, file: BinaryIO, name: str, *, inline: bool = False) -> HttpResponseBase:
    """An open file; through the gate where there is one, which streams it once the view's thread is free again."""
    box = getattr(request._request, "scope", {}).get(BOX)
    if box is None:
        response: HttpResponseBase = FileResponse(file)
    else:
        response = HttpResponse()
        size = file.seek(0, 2)
        file.seek(0)
        box.append(file)
        response.headers["Content-Length"] = str(size)
    response.headers["Content-Type"] = media_type(name)
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    response.headers["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{safe}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
