"""Controls whose values are words of the data a model learned from: a class, or a text in the data's own characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from models_store.errors import InvalidInput

NAMED_UNKNOWN = 5
NAMED_KNOWN = 100


class UnknownClass(InvalidInput):
    """The data of the model have no such class."""

    code = "unknown_class"


class NoClasses(InvalidInput):
    """The model was told no classes while it learned."""

    code = "no_classes"


class UnknownCharacters(InvalidInput):
    """The text has characters that the data do not have."""

    code = "unknown_characters"


class PromptTooLong(InvalidInput):
    """The prompt leaves no room for anything to be made."""

    code = "prompt_too_long"


def field_of(spec: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The first field of that kind."""
    return next((part for part in spec.get("fields", []) if part["kind"] == kind), None)


def labels(spec: Mapping[str, Any], part: Mapping[str, Any] | None) -> list[str]:
    """The names of a field's classes or tokens by number; in older data sets the classes stand beside the fields."""
    older = spec.get("classes", []) if part and part["kind"] == "condition" else []
    return list(part.get("labels", older)) if part else []


def described(part: Mapping[str, Any]) -> str:
    """A field of items in short: `image: 1 × 32 × 32`, `10 classes`, `text: 64 of 5` (tokens)."""
    if part["kind"] == "condition":
        return f"{part['size']} classes"
    size = f" of {part['size']}" if part.get("size") else ""
    return f"{part['name']}: {' × '.join(map(str, part['shape'])) or part['kind']}{size}"


def check_class(said: str, spec: Mapping[str, Any], *, field: str) -> None:
    """An empty name leaves the class open; UnknownClass names those there are."""
    known = labels(spec, field_of(spec, "condition"))
    if said and not known:
        raise UnknownClass("The data of the model have no classes.", field=field, got=said)
    if said and said not in known:
        raise UnknownClass(field=field, expected=known[:NAMED_KNOWN], got=said)


def check_needs(schema: Mapping[str, Any], full: Mapping[str, Any], known: Sequence[str]) -> None:
    """Where a model knows no classes, controls that need some (`needs_classes`) keep their default; NoClasses else."""
    for name, part in schema.get("properties", {}).items():
        if part.get("needs_classes") and not known and full.get(name) != part.get("default"):
            raise NoClasses(
                f"The model was told no classes while it learned: leave {name} as it is, or train one on data with "
                "classes.", field=f"params.{name}", expected=part.get("default"), got=full[name],
            )  # fmt: skip


def composed(said: str) -> str:
    """A text as data are read: composed (NFC), with \\n for line breaks."""
    return unicodedata.normalize("NFC", said.replace("\r\n", "\n").replace("\r", "\n"))


def check_characters(said: str, spec: Mapping[str, Any], *, field: str) -> None:
    """UnknownCharacters names the first few that the data do not have, with their places counted from 1."""
    known = [label for label in labels(spec, field_of(spec, "token")) if label]
    strange: dict[str, int] = {}
    for place, letter in enumerate(composed(said), start=1):
        if letter not in known:
            strange.setdefault(letter, place)
    if strange:
        named = list(strange.items())[:NAMED_UNKNOWN]
        got = ", ".join(f"{in_print(letter)} at {place}" for letter, place in named)
        raise UnknownCharacters(field=field, expected=f"characters of the data: {listed(known)}", got=got)


def check_room(prompt: str, length: int, *, field: str) -> None:
    """A text that begins with `prompt` has at most `length` characters and must have room for one of its own."""
    if len(composed(prompt)) >= length:
        raise PromptTooLong(field=field, expected=f"fewer than {length} characters", got=len(composed(prompt)))


def listed(known: Sequence[str]) -> str:
    """Names as they stand in a message: characters as one text, longer ones with commas."""
    between = "" if all(len(one) < 2 for one in known) else ", "
    return repr(between.join(known[:NAMED_KNOWN]) + ("…" if len(known) > NAMED_KNOWN else ""))


def in_print(letter: str) -> str:
    """A character as it may stand in a message: itself where it can be seen, its number besides."""
    return f"{letter!r} (U+{ord(letter):04X})" if letter.isprintable() else f"U+{ord(letter):04X}"
