"""A CSV file as rows of text, and its columns as arrays."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_store.errors import InvalidInput
from workers.contracts import Field

HELD_OUT = 5  # one row of so many
FEWEST = 2 * HELD_OUT


@dataclass(frozen=True)
class Rows:
    """Cells row by row, under the names of their columns; an empty cell is a missing value."""

    names: Sequence[str]
    cells: Sequence[Sequence[str]]

    def texts(self, name: str) -> list[str]:
        """One column, (N,)."""
        place = list(self.names).index(name)
        return [row[place] for row in self.cells]

    def field(self, name: str) -> Field:
        """Numbers where all that is there is one, else labels, a missing one among them as ""."""
        texts = self.texts(name)
        if any(texts) and all(number(text) is not None for text in texts if text):
            return Field(name, "continuous")
        labels = tuple(sorted(set(texts)))
        return Field(name, "categorical", (), len(labels), labels)

    def column(self, field: Field) -> NDArray[Any]:
        """One column as it is stored, (N,) float32 or int64."""
        texts = self.texts(field.name)
        if field.kind == "categorical":
            return np.array([field.labels.index(text) for text in texts], np.int64)
        return np.array([float(text) if text else math.nan for text in texts], np.float32)

    def scales(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each column of numbers."""
        found = {}
        for name in self.names:
            if self.field(name).kind == "continuous":
                values = np.array([float(text) for text in self.texts(name) if text])
                found[name] = (float(values.mean()), float(values.std()) or 1.0)
        return found


def number(text: str) -> float | None:
    """The finite number that a text says, or None."""
    try:
        said = float(text)
    except ValueError:
        return None
    return said if math.isfinite(said) else None


def read(data: bytes, name: str) -> tuple[Rows, list[Mapping[str, str]]]:
    """The rows of a CSV file with a header, and those of another length as problems; InvalidInput where it is none."""
    try:
        header, *lines = csv.reader(io.StringIO(data.decode("utf-8")))
    except (UnicodeDecodeError, ValueError, csv.Error):
        raise InvalidInput(
            "This is no table.", code="not_csv", field=name, expected="UTF-8, a header and rows", got="something else"
        ) from None
    if len(set(header)) < len(header) or any(not column or "/" in column for column in header):
        raise InvalidInput(
            "Columns have names of their own.", code="bad_header", field=name,
            expected="different names without a /", got=header,
        )  # fmt: skip
    good = [line for line in lines if len(line) == len(header)]
    problems = [
        {"file": f"{name}, row {place}", "code": "ragged_row", "expected": str(len(header)), "got": str(len(line))}
        for place, line in enumerate(lines, start=2)
        if len(line) != len(header)
    ]
    if len(good) < FEWEST:
        raise InvalidInput(
            "The table is too short.", code="too_few_rows", field=name, expected=f"at least {FEWEST} rows",
            got=len(good),
        )  # fmt: skip
    return Rows(header, good), problems


def split(cells: Sequence[Sequence[str]]) -> dict[str, list[Sequence[str]]]:
    """Every fifth row is held out."""
    sides: dict[str, list[Sequence[str]]] = {"train": [], "holdout": []}
    for place, row in enumerate(cells):
        sides["train" if place % HELD_OUT else "holdout"].append(row)
    return sides
