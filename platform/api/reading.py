"""From a request to checked values: unknown fields and wrong ones are refused by name, with what came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import HttpRequest, QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from api.errors import first_fault
from api.parsers import Malformed, UnknownEncoding
from jobs.plain_text import check_texts
from models_store.errors import InvalidInput

PAGING = ("cursor", "limit", "order")
ANYWHERE = (*PAGING, "fields")  # words that the frame reads (api/access.py, api/pages.py)


def check_length(request: HttpRequest) -> None:
    """Refuse a length that is none; a body that came in chunks, and was measured by nobody, is measured."""
    said = request.META.get("CONTENT_LENGTH") or ""
    if said and not (said.isascii() and said.isdecimal()):
        raise Malformed("This is no length of a body.", field="Content-Length", expected="a whole number", got=said)
    stream = getattr(request, "_stream", None)  # ASGI: the body lies in a file by now
    if said or not getattr(stream, "seekable", bool)():
        return
    if length := stream.seek(0, 2):  # type: ignore[union-attr]
        request.META["CONTENT_LENGTH"] = str(length)
    stream.seek(0)  # type: ignore[union-attr]


def check_encoding(request: HttpRequest) -> None:
    """Bodies come as they are: a small compressed one may be a very large one."""
    said = request.headers.get("Content-Encoding", "").strip().lower()
    if said not in ("", "identity"):
        detail = "Compressed bodies are not taken."
        raise UnknownEncoding(detail, field="Content-Encoding", expected="identity", got=said)


def no_body(request: Request) -> None:
    """Refuse a body with anything in it, where nothing is read from one: whoever sent it expects something of it."""
    if said := body_of(request):
        name = min(said)
        raise InvalidInput(f"There is no field {name!r}.", code="unknown_field", field=name, expected=[])


def body_of(request: Request) -> dict[str, Any]:
    """The body as an object of names and values, with no text that cannot be stored; files may be among them."""
    if not isinstance(request.data, Mapping):
        raise InvalidInput("The body is an object.", expected="object", got=type(request.data).__name__)
    if isinstance(request.data, QueryDict):
        for name, values in request.data.lists():
            if len(values) > 1:
                raise InvalidInput(f"The field {name!r} came twice.", field=name, expected="each field once")
    said = {name: request.data[name] for name in request.data}
    check_texts(said)
    return said


def checked_body(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body, checked."""
    return checked(body_of(request), kind)


def checked_query(
    request: Request, kind: type[serializers.Serializer[Any]], passed: tuple[str, ...] = ANYWHERE
) -> dict[str, Any]:
    """The query string, checked; words of the frame are passed over. Where several are taken, a,b or repeats."""
    words: dict[str, Any] = {}
    several = _several(kind)
    for name, said in request.query_params.lists():
        if name in passed:
            continue
        if name in several:
            words[name] = [one for part in said for one in part.split(",")]
        elif len(said) > 1:
            raise InvalidInput(f"The word {name!r} came twice.", field=name, expected="each word once")
        else:
            words[name] = said[0]
    return checked(words, kind) if words else dict(_defaults(kind))


def check_words(request: Request, known: tuple[str, ...]) -> None:
    """Refuse what a query asks for and nobody reads, by name."""
    for name, said in request.query_params.lists():
        if name not in known:
            detail = f"There is no word {name!r} in this query."
            raise InvalidInput(detail, code="unknown_field", field=name, expected=sorted(known))
        if name in ANYWHERE and len(said) > 1:
            raise InvalidInput(f"The word {name!r} came twice.", field=name, expected="each word once")


@cache
def words_of(kind: type[serializers.Serializer[Any]] | None) -> tuple[str, ...]:
    """The words that a serializer of a query knows."""
    return tuple(kind().fields) if kind else ()


@cache
def _several(kind: type[serializers.Serializer[Any]]) -> frozenset[str]:
    fields = kind().fields.items()
    return frozenset(name for name, field in fields if isinstance(field, serializers.MultipleChoiceField))


@cache
def _defaults(kind: type[serializers.Serializer[Any]]) -> Mapping[str, Any]:
    """What holds where nothing was asked for; a query that must say something says so by its own error."""
    return checked({}, kind)


def checked(said: Mapping[str, Any], kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """What the serializer makes of it; raises InvalidInput for the first field that is wrong."""
    form = kind(data=said)
    if unknown := sorted(set(said) - set(form.fields)):
        raise InvalidInput(
            f"There is no field {unknown[0]!r}.", code="unknown_field", field=unknown[0], expected=sorted(form.fields)
        )
    if not form.is_valid():
        field, fault = first_fault(form.errors)
        raise InvalidInput(fault, field=field or None, expected=expectation(form, field), got=found(said, field))
    return dict(form.validated_data)


def expectation(form: serializers.Serializer[Any], place: str) -> Any:
    """What a field takes, in words or as a list of choices."""
    field: Any = form
    for name in place.split("."):
        field = getattr(field, "fields", {}).get(name, field)
    if isinstance(field, serializers.ChoiceField):
        return list(field.choices)
    kind = type(field).__name__.removesuffix("Field").lower()
    most = getattr(field, "max_length", None)
    return {"char": "text", "uuid": "id", "dict": "object"}.get(kind, kind) + (f", at most {most}" if most else "")


def found(said: Any, place: str) -> Any:
    """What stands at a dotted place of what came."""
    for name in place.split("."):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said if isinstance(said, str | int | float | bool | list | dict) else None
