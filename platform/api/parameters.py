"""What an operation can be asked with, as far as it follows from its path and from attributes of its view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.etags import EDITS
from api.reading import words_of

PLACES: Mapping[str, str] = {  # what stands where a path has {id}, by the beginning of the path
    "/models": "Name or id of the model.",
    "/aliases": "Id of the alias, or model@name.",
    "": "The id.",
}
PARTS: Mapping[str, str] = {
    "number": "The number of the version.",
    "step": "The step of the training.",
    "queue": "The name of the queue.",
    "name": "The name.",
    "username": "The name with which the person logs in.",
    "delivery": "The id of the delivery.",
    "picture": "`preview` or `mean`.",
    "version": "The number of the version, or an alias.",
}
SAYS: Mapping[str, str] = {  # of headers
    "Idempotency-Key": "With the same key and body it is done once, however often it is asked for within a day.",
    "If-Match": "Only if the thing still has this `ETag`; else 412.",
    "If-None-Match": "Nothing is sent (304) if the thing still has this `ETag`.",
    "If-Range": "The part only if the file still has this `ETag`; else all of it.",
    "Range": "A part of the file: bytes=0-999.",
    "Prefer": "`wait=30`: answer once it has come to rest, or after so many seconds (RFC 7240).",
    "Last-Event-ID": "The id of the last event that came; the stream goes on after it.",
    "Tus-Resumable": "The version of tus, 1.0.0.",
    "Upload-Length": "How many bytes will come.",
    "Upload-Offset": "How many bytes have arrived.",
    "Upload-Metadata": "Pairs of a name and a value in base64.",
    "Upload-Checksum": "sha256 or sha1, and the digest in base64.",
}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    "Upload-Length": {"type": "integer", "minimum": 0},
    "Upload-Offset": {"type": "integer", "minimum": 0},
    "Tus-Resumable": {"type": "string", "pattern": r"^1\.0\.0$"},
}


def parameters_of(schema: Any, given: Sequence[Mapping[str, Any]], place: str, said: Any) -> list[dict[str, Any]]:
    """All of them: parts of the path, words of the query, headers; by place and name."""
    view, method = schema.view, schema.method
    found = {(one["in"], one["name"]): described(dict(one), place) for one in given}
    more = [header(name) for name in headers_read(view, method, said)]
    more += paging(view) if said.paged else []
    more += fields(view) if method == "GET" and view.serializer_class and not said.file else []
    for one in more:
        found.setdefault((one["in"], one["name"]), one)
    return sorted(found.values(), key=lambda one: (one["in"] != "path", one["in"], one["name"]))


def headers_read(view: Any, method: str, said: Any) -> list[str]:
    """Headers that the frame heeds (api/access.py, api/idempotency.py, api/etags.py)."""
    if method == "POST":
        return ["Idempotency-Key"]
    if method in EDITS:
        return ["If-Match"] if view.conditions else []
    if said.file:
        return ["If-None-Match", "Range", "If-Range"]
    return ["If-None-Match"] if tagged(view, method, said) else []


def tagged(view: Any, method: str, said: Any) -> bool:
    """Whether the answer has an entity tag and may be 304."""
    return method == "GET" and (said.file or view.pagination_class is None)


def described(parameter: dict[str, Any], place: str) -> dict[str, Any]:
    """A part of the path, or a header, with its meaning and its shape."""
    name = parameter["name"]
    if parameter["in"] == "header":
        return header(name, required=parameter.get("required", False))
    if parameter["in"] != "path" or parameter.get("description"):
        return parameter
    if name == "id":
        says = next(says for begin, says in PLACES.items() if place.startswith(begin))
    else:
        says = PARTS.get("version" if (name, parameter["schema"]["type"]) == ("number", "string") else name, "")
    return parameter | ({"description": says} if says else {})


def paging(view: Any) -> list[dict[str, Any]]:
    """Where the page begins, how long it is, and what comes first."""
    pages = view.pagination_class
    orders = list(getattr(view, "orders", ()) or pages.orders)
    limit = {"type": "integer", "minimum": 1, "maximum": pages.max_page_size, "default": pages.page_size}
    return [
        query("cursor", {"type": "string"}, "From `next` or `previous`."),
        query("limit", limit, "Items a page."),
        query("order", {"type": "string", "enum": orders, "default": orders[0]}, "With a minus: the largest first."),
    ]


def fields(view: Any) -> list[dict[str, Any]]:
    """Some members alone."""
    one = {"type": "string", "enum": sorted(words_of(view.serializer_class))}
    says = "Only these members, with commas between them; the body then lacks the others, required or not."
    listed = query("fields", {"type": "array", "items": one, "minItems": 1}, says)
    return [listed | {"style": "form", "explode": False}]


def query(name: str, schema: Mapping[str, Any], says: str) -> dict[str, Any]:
    """A word of the query string."""
    return {"in": "query", "name": name, "description": says, "schema": dict(schema)}


def header(name: str, *, required: bool = False) -> dict[str, Any]:
    """A header of the request."""
    found = {
        "in": "header",
        "name": name,
        "description": SAYS[name],
        "schema": dict(SHAPES.get(name, {"type": "string"})),
    }
    return found | ({"required": True} if required else {})
