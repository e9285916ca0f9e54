"""Looking something up by a name that only the page knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms, template

register = template.Library()


@register.filter
def at(said: Any, name: str) -> Any:
    """`{{ notes|at:field.name }}`: what a mapping says of a name, "" for nothing."""
    return said.get(name, "") if isinstance(said, Mapping) else ""


@register.filter
def are_used(fields: Iterable[forms.BoundField], notes: Any) -> bool:
    """`{{ fields|are_used:notes }}`: whether one of them holds a value, an error or a note, and has to be seen."""
    return any(field.value() or field.errors or at(notes, field.name) for field in fields)
