"""Bytes for a client: what people brought or models made goes out as attachment, sandboxed, under a type of our own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseNotModified
from rest_framework.request import Request

from accounts.models import Project
from api.etags import has
from api.ranges import Section, asked_part
from catalog.store import blobs, namespace
from models_store.media_types import SUFFIXES

BOX = "kilnmark.file"  # in the ASGI scope: where the gate takes an open file from, to send it without holding a thread
OCTETS = "application/octet-stream"
MEDIA_TYPES = {
    f".{suffix}": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind for kind, suffix in SUFFIXES.items()
}
SANDBOX = "sandbox; default-src 'none'"
UNCHANGING = "private, max-age=31536000, immutable"  # named by its digest or id, so it never changes
UNTIL_SIGNED = "private, no-store"


def media_type(name: str) -> str:
    """The type of a file name that we say, never one that somebody claimed."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), OCTETS)


def blob(
    request: Request,
    project: Project,
    sha256: str,
    name: str,
    *,
    inline: bool = False,
    cache: str = UNCHANGING,
    free: bool = False,
) -> HttpResponseBase:
    """A file of the project's store, verified; `inline` only for pictures that the platform made.

    `free` says that whoever has a link may have the bytes for a while: nobody is kept from them, and nothing is said
    against them. Where the settings allow links and the store makes them, the client then fetches it there.
    """
    space = namespace(project)
    linked = free and not inline and settings.SIGNED_URLS_S and request.method == "GET"
    if linked and (link := blobs().link(space, sha256, settings.SIGNED_URLS_S)):
        return elsewhere(link, sha256, name)
    if request.method == "HEAD":  # nothing of it is sent, so nothing of it is fetched
        response = _whole(HttpResponse(), blobs().size(space, sha256), sha256)
        return _named(response, name, inline=inline, cache=cache)
    return sent(request, blobs().open(space, sha256), name, inline=inline, sha256=sha256, cache=cache)


def elsewhere(link: str, sha256: str, name: str) -> HttpResponse:
    """307: the store has the bytes under this link, but knows neither their name nor their digest."""
    response = HttpResponse(status=307)
    response.headers["Location"] = link
    response.headers["Cache-Control"] = UNTIL_SIGNED
    response.headers["Content-Disposition"] = disposition(name)
    response.headers["X-Content-SHA256"] = sha256
    return response


def flag(response: HttpResponseBase, said: Mapping[str, str]) -> None:
    """Headers that say of bytes which never change what has become of them since."""
    for name, value in said.items():
        response.headers[name] = value


def sent(
    request: Request, file: BinaryIO, name: str, *, inline: bool = False, sha256: str = "", cache: str = ""
) -> HttpResponseBase:
    """An open file, or the part of it that is asked for; `sha256` where it is known already.

    Through the gate where there is one, which streams it once the view's thread is free again.
    """
    try:
        response = _answer(request, file, sha256 or _digest(file))
    except BaseException:
        file.close()
        raise
    return _named(response, name, inline=inline, cache=cache)


def _named(response: HttpResponseBase, name: str, *, inline: bool, cache: str) -> HttpResponseBase:
    """How a client names it and what it may do with it."""
    response.headers["Content-Type"] = media_type(name)
    response.headers["Content-Disposition"] = disposition(name, inline=inline)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    if cache:
        response.headers["Cache-Control"] = cache
    return response


def _answer(request: Request, file: BinaryIO, sha256: str) -> HttpResponseBase:
    """Status, body and what HTTP says of the bytes; 304 for a client that has them."""
    tag, size = f'"{sha256}"', file.seek(0, 2)
    if has(request.headers.get("If-None-Match", ""), tag):
        file.close()
        return HttpResponseNotModified(headers={"ETag": tag})
    asked = request.headers.get("Range", "") if request.method == "GET" else ""
    part = asked_part(asked, request.headers.get("If-Range", ""), tag, size)
    file.seek(0)
    body = Section(file, part) if part else file
    box = getattr(request._request, "scope", {}).get(BOX)
    response: HttpResponseBase = FileResponse(body) if box is None else HttpResponse()
    if box is not None:
        box.append(body)
    _whole(response, size, sha256)
    if part:
        response.status_code = 206
        flag(response, {"Content-Range": part.content_range, "Content-Length": str(part.length)})
    return response


def _whole(response: HttpResponseBase, size: int, sha256: str) -> HttpResponseBase:
    """What HTTP says of all of its bytes."""
    said = {"Content-Length": str(size), "Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    flag(response, said | {"Repr-Digest": repr_digest(sha256)})
    return response


def repr_digest(sha256: str) -> str:
    """The digest of a whole file, whatever part of it is sent (RFC 9530, section 3)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def disposition(name: str, *, inline: bool = False) -> str:
    """How a client names the file (RFC 6266, section 4.3): in ASCII for old ones, and as it is (RFC 8187)."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    said = f'{"inline" if inline else "attachment"}; filename="{plain}"'
    clean = "".join(letter if letter.isprintable() and letter not in "/\\" else "_" for letter in name)
    return said if clean == plain else f"{said}; filename*=UTF-8''{quote(clean, safe='')}"


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()
