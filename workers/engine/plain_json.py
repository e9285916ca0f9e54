"""JSON as the engine writes it: NaN and infinities are no JSON, and no figure that anybody could use."""

from __future__ import annotations

import json
import math
from typing import Any

from models_store.errors import ProductError


class NotFinite(ProductError):
    """A figure came out as no number (NaN or infinite): the model or the data that it is of are broken."""

    code, http_status = "not_finite", 422


def text(said: Any, **form: Any) -> str:
    """The JSON of a value; NotFinite names the place of the first number that is none."""
    try:
        return json.dumps(said, allow_nan=False, **form)
    except ValueError:
        place, value = first(said)
        if value is None:
            raise
        raise NotFinite(field=place, expected="a finite number", got=str(value)) from None


def first(said: Any, place: str = "") -> tuple[str, float | None]:
    """The first number within a value that is NaN or infinite, with its place; None where there is none."""
    if isinstance(said, float):
        return (place, None) if math.isfinite(said) else (place, said)
    pairs = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list | tuple) else ()
    for name, inner in pairs:
        found = first(inner, f"{place}.{name}" if place else str(name))
        if found[1] is not None:
            return found
    return place, None


def in_words(said: Any) -> Any:
    """The same with such numbers as words, for what an error tells."""
    if isinstance(said, float) and not math.isfinite(said):
        return str(said)
    if isinstance(said, dict):
        return {name: in_words(inner) for name, inner in said.items()}
    return [in_words(inner) for inner in said] if isinstance(said, list | tuple) else said
