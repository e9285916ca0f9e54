"""From JSON to frozen dataclasses: fields that are not known are kept in `raw`, fields that are left out are empty."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from kilnmark.errors import NotUnderstood, plain

A = TypeVar("A", bound="Answer")


@dataclass(frozen=True)
class Answer:
    """Of any kind; `etag` goes into `if_match=` of a later change."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False, kw_only=True)
    etag: str = field(default="", repr=False, compare=False, kw_only=True)

    @classmethod
    def of(cls: type[A], said: Any, etag: str = "", place: str = "") -> A:
        """From what came; NotUnderstood, with the place, where a value is of another kind."""
        if not isinstance(said, Mapping):
            raise _odd(place or cls.__name__, "object", said)
        own: Any = cls
        found = {
            name: read(kind, said[name], f"{place}.{name}" if place else name)
            for name, kind in _fields(own).items()
            if said.get(name) is not None
        }
        return cls(**found, raw=said, etag=etag)

    def __getitem__(self, name: str) -> Any:
        """A field of the JSON, also one that this version does not know."""
        return self.raw[name]


@cache
def _fields(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind) if one.name not in ("raw", "etag")}


def read(kind: Any, said: Any, place: str) -> Any:
    """A value of a type hint; NotUnderstood."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return said
    if origin in (typing.Union, types.UnionType):
        return None if said is None else read(next(one for one in inside if one is not type(None)), said, place)
    if origin is tuple:
        if not isinstance(said, list):
            raise _odd(place, "list", said)
        return tuple(read(inside[0], one, f"{place}[{at}]") for at, one in enumerate(said))
    if origin is not None:
        if not isinstance(said, Mapping):
            raise _odd(place, "object", said)
        return {name: read(inside[1], one, f"{place}.{name}") for name, one in said.items()}
    if issubclass(kind, Answer):
        return kind.of(said, place=place)
    return moment(said, place) if kind is datetime else _simple(kind, said, place)


def _simple(kind: type, said: Any, place: str) -> Any:
    """A text, a number, a yes or no."""
    if kind is float and isinstance(said, int) and not isinstance(said, bool):
        return float(said)
    if not isinstance(said, kind) or (isinstance(said, bool) and kind is not bool):
        raise _odd(place, {str: "text", int: "whole number", float: "number"}.get(kind, "true or false"), said)
    return said


def moment(said: Any, place: str) -> datetime:
    """A time in ISO 8601; NotUnderstood."""
    try:
        return datetime.fromisoformat(said.removesuffix("Z") + "+00:00" if said.endswith("Z") else said)
    except (AttributeError, ValueError):
        raise _odd(place, "time", said) from None


def _odd(place: str, expected: str, got: Any) -> NotUnderstood:
    return NotUnderstood(plain(f"{place}: expected {expected}, got {type(got).__name__}."))
