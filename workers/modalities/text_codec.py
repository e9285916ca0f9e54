"""Code points to tokens of a data set and back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models_store.errors import InvalidInput, ProductError
from workers.contracts import Field, Spec

BOUNDARY = 0
NAMED_UNKNOWN = 5
NAMED_KNOWN = 100
UNICODE = 0x110000


class TokenOutOfRange(ProductError):
    """The model made tokens that the data do not have."""

    code, http_status = "token_out_of_range", 500


def token_field(spec: Spec) -> Field:
    """The one field of tokens; its labels are the boundary "" and one character each."""
    return spec.of_kind("token")[0]


def items_of(tokens: Tensor, spec: Spec) -> list[NDArray[np.uint32]]:
    """Tokens (B, L) to the code points before each first boundary; an item may be empty. Raises TokenOutOfRange."""
    part = token_field(spec)
    ids = tokens.detach().cpu().long().numpy()
    size = len(part.labels)
    if ids.size and not (ids.min() >= 0 and ids.max() < size):
        raise TokenOutOfRange(field=part.name, expected=f"0 to {size - 1}", got=f"{ids.min()} to {ids.max()}")
    points = np.array([0, *map(ord, part.labels[1:])], np.uint32)
    return [points[row[: _own(row)]] for row in ids]


def _own(row: NDArray[np.int64]) -> int:
    """How many tokens stand before the first boundary."""
    ends = np.flatnonzero(row == BOUNDARY)
    return int(ends[0]) if len(ends) else len(row)


def tokens_of(items: Sequence[NDArray[np.uint32]], spec: Spec) -> dict[str, NDArray[Any]]:
    """Code points to stored arrays: `text` (N, L) and `length` (N,), a boundary behind an item shorter than L.

    What is longer than a passage of the data is cut to one. Raises InvalidInput (unknown_characters).
    """
    part = token_field(spec)
    length = part.shape[0]
    table = np.full(UNICODE, -1, np.int16)
    table[[ord(label) for label in part.labels[1:]]] = np.arange(1, len(part.labels))
    ids = np.zeros((len(items), length), np.int16)
    own = np.zeros(len(items), np.int16)
    for row, item in enumerate(items):
        known = table[item[:length]]
        if len(known) and known.min() < 0:
            raise unknown("".join(map(chr, item)), spec, "item")
        ids[row, : len(known)] = known
        own[row] = min(length, len(known) + 1)
    return {"text": ids.astype(np.uint8) if len(part.labels) <= 256 else ids, "length": own}


def prompt_tokens(said: str, spec: Spec) -> Tensor:
    """A beginning as tokens (P,) int64, composed (NFC) and with \\n for line breaks, as the data are."""
    text = unicodedata.normalize("NFC", said.replace("\r\n", "\n").replace("\r", "\n"))
    number = {label: index for index, label in enumerate(token_field(spec).labels) if label}
    if any(char not in number for char in text):
        raise unknown(text, spec, "params.prompt")
    return torch.tensor([number[char] for char in text], dtype=torch.int64)


def unknown(text: str, spec: Spec, field: str) -> InvalidInput:
    """The error for characters that the data do not have: the first few with their places (from 1), and the known."""
    known = token_field(spec).labels[1:]
    listed, strange = set(known), dict[str, int]()
    for place, char in enumerate(text, start=1):
        if char not in listed:
            strange.setdefault(char, place)
        if len(strange) == NAMED_UNKNOWN:
            break
    some = "".join(known[:NAMED_KNOWN]) + ("…" if len(known) > NAMED_KNOWN else "")
    return InvalidInput(
        "The text has characters that the data do not have.",
        code="unknown_characters",
        field=field,
        expected=f"characters of the data: {some!r}",
        got=", ".join(f"{in_print(char)} at {place}" for char, place in strange.items()),
    )


def in_print(char: str) -> str:
    """A character as it may stand in a message: itself where it can be seen, its number besides."""
    return f"{char!r} (U+{ord(char):04X})" if char.isprintable() else f"U+{ord(char):04X}"
