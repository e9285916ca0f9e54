"""Looking something up by a name that only the page knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(said: Any, name: str) -> Any:
    """`{{ notes|at:field.name }}`: what a mapping says of a name, "" for nothing."""
    return said.get(name, "") if isinstance(said, Mapping) else ""
