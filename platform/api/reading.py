"""From a request to checked values: unknown fields and wrong ones are refused by name, with what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.errors import first_fault
from jobs.plain_text import check_texts
from models_store.errors import InvalidInput

PAGING = ("cursor", "limit", "wait")


def body_of(request: Request) -> dict[str, Any]:
    """The body as an object of names and values, with no text that cannot be stored; files may be among them."""
    if not isinstance(request.data, Mapping):
        raise InvalidInput("The body is an object.", expected="object", got=type(request.data).__name__)
    said = {name: request.data[name] for name in request.data}
    check_texts(said)
    return said


def checked_body(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body, checked."""
    return checked(body_of(request), kind)


def checked_query(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The query string, checked; words for paging are let through. A field of several choices takes a,b or repeats."""
    words: dict[str, Any] = {}
    for name in request.query_params:
        if name in PAGING:
            continue
        said = request.query_params.getlist(name)
        several = isinstance(kind().fields.get(name), serializers.MultipleChoiceField)
        words[name] = [one for part in said for one in part.split(",")] if several else said[-1]
    return checked(words, kind)


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
