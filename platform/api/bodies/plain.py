"""Serializers that only tell: what they declare is read from a row without building the fields anew for each answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

Reading = Callable[["Told", Any], Any]


class Told(serializers.Serializer):
    """For answers alone. Django REST framework copies and binds every field for every answer, which costs several times
    what reading the row does; the fields of the class serve as well, since none needs to know where it stands.
    """

    only: frozenset[str] = frozenset()  # fields that are asked for alone; none: all

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """What the class declares, by name, in its order."""
        only = self.only
        return {name: read(self, instance) for name, read in _readings(type(self)) if not only or name in only}


@cache
def _readings(told: type[Told]) -> tuple[tuple[str, Reading], ...]:
    return tuple((name, _reading(name, field)) for name, field in told._declared_fields.items())


def _reading(name: str, field: Any) -> Reading:
    """How one field is read: by a method of the serializer, or from the row by its source."""
    if isinstance(field, serializers.SerializerMethodField):
        return _by_method(field.method_name or f"get_{name}")
    source = field.source or name
    got: Callable[[Any], Any] = (lambda row: row) if source == "*" else attrgetter(source)
    said = field.to_representation

    def read(_told: Told, row: Any) -> Any:
        value = got(row)
        return None if value is None else said(value)

    return read


def _by_method(name: str) -> Reading:
    return lambda told, row: getattr(told, name)(row)
