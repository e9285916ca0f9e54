"""What can run: the plug-ins that live workers announced, and the check of parameters against their schemas."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from catalog.models import Plugin
from config import clock
from models_store.errors import InvalidInput

LENGTHS = {
    "maxLength": ("this text is too long.", "at most {} characters"),
    "minLength": ("this text is too short.", "at least {} characters"),
    "maxItems": ("these are too many.", "at most {}"),
    "minItems": ("these are too few.", "at least {}"),
}
STALE_AFTER = timedelta(days=2)  # a worker that announced nothing for that long offers nothing
KEPT_S = 2.0  # how long a process believes what it read of them: every submission asks for three
_shelf: tuple[float, tuple[Plugin, ...]] | None = None


class UnknownParameter(InvalidInput):
    """There is no such parameter."""

    code = "unknown_parameter"


class InvalidParameter(InvalidInput):
    """A parameter has the wrong type or lies outside its bounds."""

    code = "invalid_parameter"


@transaction.atomic
def announce(worker: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Replace what one worker offers by `rows` (workers.registry.describe_all); returns how many."""
    now = clock.now()
    offered = [Plugin(worker=worker, seen_at=now, **row) for row in rows]
    Plugin.objects.filter(worker=worker).delete()
    Plugin.objects.bulk_create(offered)
    forget()
    return len(offered)


def available(kind: str | None = None) -> list[Plugin]:
    """The newest announcement of each plug-in, by name."""
    newest = {(row.kind, row.name): row for row in _live() if kind in (None, row.kind)}
    return [newest[key] for key in sorted(newest)]


def newest(kind: str, name: str) -> Plugin | None:
    """The newest announcement of one plug-in; None where nobody offers it."""
    found = _newest(kind, name)
    if found is None and _shelf and _shelf[0] > time.monotonic():  # it may have been announced a moment ago
        forget()
        found = _newest(kind, name)
    return found


def _newest(kind: str, name: str) -> Plugin | None:
    return next((row for row in reversed(_live()) if row.kind == kind and row.name == name), None)


def abilities(kind: str, name: str) -> dict[str, Any]:
    """What the newest announcement of one plug-in says that it can; empty where nobody offers it."""
    found = newest(kind, name)
    return found.abilities if found else {}


def plugin(kind: str, name: str, *, field: str | None = None) -> Plugin:
    """One plug-in by name, or InvalidInput naming those there are."""
    found = newest(kind, name)
    if found is None:
        raise InvalidInput(
            f"No worker offers a {kind} called {name!r}.",
            code=f"unknown_{kind}",
            field=field or kind,
            expected=sorted({row.name for row in _live() if row.kind == kind}),
            got=name,
        )
    return found


def _live() -> list[Plugin]:
    """What workers announced that are still there, the oldest announcement first."""
    since = clock.now() - STALE_AFTER
    return [row for row in announced() if row.seen_at > since]


def announced() -> tuple[Plugin, ...]:
    """Every row, the oldest first, also of workers that have gone; read at most every KEPT_S. Nobody changes them."""
    global _shelf
    known, now = _shelf, time.monotonic()
    if known is None or known[0] <= now:
        known = _shelf = now + KEPT_S, tuple(Plugin.objects.order_by("seen_at", "pk"))
    return known[1]


def forget() -> None:
    """Read the rows anew the next time."""
    global _shelf
    _shelf = None


def checked(row: Plugin, params: Mapping[str, Any], *, place: str = "params") -> dict[str, Any]:
    """The parameters with the schema's defaults filled in; raises naming the parameter, its bounds and what came."""
    return fitted(row.schema, params, owner=row.name, place=place)


def faults(schema: Mapping[str, Any], params: Mapping[str, Any], *, place: str = "params") -> list[InvalidParameter]:
    """Everything that is wrong with parameters, defaults filled in; [] for nothing. `fitted` raises the first."""
    known = schema.get("properties", {})
    full = {name: said["default"] for name, said in known.items() if "default" in said} | dict(params)
    return [_invalid(wrong, known, place) for wrong in Draft202012Validator(schema).iter_errors(full)]


def fitted(schema: Mapping[str, Any], params: Mapping[str, Any], *, owner: str, place: str) -> dict[str, Any]:
    """`checked` against any JSON Schema of parameters; `owner` is whose they are."""
    if not isinstance(params, Mapping):
        raise InvalidInput("Parameters are an object of names and values.", field=place, expected="object", got=params)
    known = schema.get("properties", {})
    for name in params:
        if name not in known:
            raise UnknownParameter(
                f"{owner} has no parameter {name!r}.", field=f"{place}.{name}", expected=sorted(known), got=name
            )
    full = {name: said["default"] for name, said in known.items() if "default" in said} | dict(params)
    wrong = next(iter(Draft202012Validator(schema).iter_errors(full)), None)
    if wrong is not None:
        raise _invalid(wrong, known, place)
    return full


def _invalid(wrong: ValidationError, known: Mapping[str, Any], place: str) -> InvalidParameter:
    path = ".".join(str(part) for part in wrong.absolute_path)
    if not path:
        return InvalidParameter(wrong.message, field=place)
    if told := _written(wrong):
        detail, wanted = told
        return InvalidParameter(f"{path}: {detail}", field=f"{place}.{path}", expected=wanted, got=wrong.instance)
    said = known.get(str(wrong.absolute_path[0]), {})
    facts = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const")
    expected = {fact: said[fact] for fact in facts if fact in said} or wrong.validator_value
    return InvalidParameter(f"{path}: {wrong.message}", field=f"{place}.{path}", expected=expected, got=wrong.instance)


def _written(wrong: ValidationError) -> tuple[str, Any] | None:
    """What is wrong with how a text or list is written, and what was expected; None where that is not the fault.

    No person reads a regular expression: it stays in the facts, for programs.
    """
    if wrong.validator == "pattern":
        return "this is not written as it has to be.", {"pattern": wrong.validator_value}
    if wrong.validator not in LENGTHS:
        return None
    detail, wanted = LENGTHS[str(wrong.validator)]
    return detail, wanted.format(wrong.validator_value)


def still_there(worker: str) -> None:
    """A worker's announcement still holds."""
    Plugin.objects.filter(worker=worker).update(seen_at=clock.now())
    forget()
