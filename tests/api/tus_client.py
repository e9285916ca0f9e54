"""The client's half of tus 1.0, as its specification says it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.http import HttpResponse
from django.test import Client

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"


def coded(text: str | bytes) -> str:
    """Base64."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def begin(client: Client, length: Any, *, name: str = "digits.zip", headers: Any = None, **more: str) -> HttpResponse:
    """POST: `more` goes into the metadata."""
    said = ",".join(f"{key} {coded(value)}" for key, value in ({"filename": name} | more).items())
    whole = TUS | {"Upload-Length": str(length), "Upload-Metadata": said} | (headers or {})
    return client.post("/api/v1/uploads", headers=whole)


def send(client: Client, place: str, offset: Any, data: bytes, **headers: str) -> HttpResponse:
    """PATCH."""
    whole = TUS | {"Upload-Offset": str(offset)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(place, data, content_type=headers.pop("Content_Type", OCTETS), headers=whole)


def checksum(data: bytes, name: str = "sha256") -> str:
    """As Upload-Checksum says it."""
    return f"{name} {coded(hashlib.new(name, data).digest())}"


def offset(client: Client, place: str) -> int:
    """HEAD."""
    return int(client.head(place, headers=TUS).headers["Upload-Offset"])
