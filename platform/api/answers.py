"""Answers as they stand in the OpenAPI document: refusals that many operations share, and headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from api.errors import MEDIA_TYPE, REQUEST_ID, completed
from api.refusals import MEANINGS

COMPONENT, SURELY = "#/components/headers/", "-always"
SPOKEN = 2  # codes that stand in a component's name; more of them would be no name
SPECIMEN_ID = "0198c0de-0000-7000-8000-000000000000"
HEADERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    REQUEST_ID: ("The id under which the log has this request.", {"type": "string", "format": "uuid"}),
    "Location": ("The path of what was made.", {"type": "string", "examples": ["/api/v1/jobs/" + SPECIMEN_ID]}),
    "ETag": ("Of these very bytes; send it back in `If-None-Match` or `If-Match`.", {"type": "string"}),
    "Retry-After": ("Seconds until the same request may succeed.", {"type": "integer", "minimum": 0}),
    "WWW-Authenticate": ("How to say who asks.", {"type": "string", "examples": ["Bearer"]}),
    "Content-Disposition": ("Whether it is shown or kept, and under which name.", {"type": "string"}),
    "Content-Range": ("Which bytes of how many.", {"type": "string", "examples": ["bytes 0-99/1000"]}),
    "Accept-Ranges": ("That parts can be asked for.", {"type": "string", "examples": ["bytes"]}),
    "Repr-Digest": ("SHA-256 of the whole file (RFC 9530).", {"type": "string"}),
    "RateLimit-Policy": ("How many requests in which time.", {"type": "string"}),
    "RateLimit": ("How many of them are left.", {"type": "string"}),
    "Idempotency-Replayed": (
        "`true`: the answer that the first request with this key got.", {"type": "string", "enum": ["true"]}
    ),
    "Preference-Applied": ("The part of `Prefer` that was honoured.", {"type": "string", "examples": ["wait=30"]}),
    "Tus-Resumable": ("The version of tus that is spoken.", {"type": "string", "examples": ["1.0.0"]}),
    "Upload-Offset": ("How many bytes have arrived.", {"type": "integer", "minimum": 0}),
    "Upload-Expires": ("When it is given up if no further byte comes.", {"type": "string"}),
}  # fmt: skip
ALWAYS = (REQUEST_ID, "RateLimit-Policy", "RateLimit")
WITH: Mapping[int, tuple[str, ...]] = {
    201: ("Location",),
    202: ("Location",),
    206: ("Content-Range",),
    307: ("Location",),
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    416: ("Content-Range",),
    423: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
SURE = {
    REQUEST_ID: range(1000),
    "WWW-Authenticate": (401,),
    "Retry-After": (429, 503),
    "Content-Range": (206, 416),
    "Location": (307,),
}


def header_components(document: str) -> dict[str, Any]:
    """Each header that a document refers to, once; those that always come are said to be required."""
    found = {name: {"description": says, "schema": dict(kind)} for name, (says, kind) in HEADERS.items()}
    found |= {f"{name}{SURELY}": found[name] | {"required": True} for name in SURE}
    return {name: said for name, said in sorted(found.items()) if f'"{COMPONENT}{name}"' in document}


def headers_of(status: int, more: Sequence[str] = ()) -> dict[str, Any]:
    """The headers of an answer, as references."""
    names = (*ALWAYS, *WITH.get(status, ()), *more)
    sure = {name for name, statuses in SURE.items() if status in statuses}
    return {name: {"$ref": f"{COMPONENT}{name}{SURELY if name in sure else ''}"} for name in names}


def refusal_name(status: int, codes: Sequence[str]) -> str:
    """What the component for these codes is called; operations that refuse the same share it."""
    said = ".".join(codes)
    return f"{status}.{said if len(codes) <= SPOKEN else hashlib.sha256(said.encode()).hexdigest()[:8]}"


def refusal(status: int, codes: Sequence[str]) -> dict[str, Any]:
    """A response: the meaning, the codes, an example."""
    said = MEANINGS[status]
    body = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example(status, codes[0])}
    return {
        "description": f"{said} Codes: {', '.join(f'`{code}`' for code in codes)}.",
        "headers": headers_of(status),
        "content": {MEDIA_TYPE: body},
        "x-codes": list(codes),
    }


def example(status: int, code: str) -> dict[str, Any]:
    """A problem with that code."""
    return completed(status, {"code": code, "detail": MEANINGS[status]}, SPECIMEN_ID)
