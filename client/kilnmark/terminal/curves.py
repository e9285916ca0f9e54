"""Curves in braille letters, each of which holds 2 x 4 points, with their scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.text import Text

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bits of a braille letter, by row and column
EMPTY = 0x2800
Points = Sequence[Sequence[float]]


def figure(value: float) -> str:
    """A number in few letters."""
    if value != value or value in (math.inf, -math.inf):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def curves(series: Mapping[str, Points], columns: int, rows: int) -> list[Text]:
    """Lines of text with all series in one field of `rows` lines, and a line of names and newest values above it.

    Each series is a list of [step, value]; values that are no numbers are left out. [] where there is nothing to draw.
    """
    kept = {name: [(s, v) for s, v in points if math.isfinite(v)] for name, points in series.items()}
    kept = dict([(name, points) for name, points in kept.items() if points][: len(COLOURS)])
    if not kept or columns < 24 or rows < 2:
        return []
    steps = [step for points in kept.values() for step, _ in points]
    low, high = _range([value for points in kept.values() for _, value in points])
    scale = max(len(figure(low)), len(figure(high)))
    width = columns - scale - 2
    field = Field(width, rows, (min(steps), max(steps)), (low, high))
    for number, points in enumerate(kept.values()):
        field.draw(points, COLOURS[number])
    lines = [_names(kept)]
    for number, line in enumerate(field.lines()):
        said = figure(high) if number == 0 else figure(low) if number == rows - 1 else ""
        lines.append(Text.assemble((said.rjust(scale) + " ", "dim"), ("│", "dim"), line))
    first, last = figure(min(steps)), f"step {figure(max(steps))}"
    lines.append(Text(" " * (scale + 2) + first + last.rjust(max(0, width - len(first))), "dim"))
    return lines


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _names(kept: Mapping[str, Points]) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    for number, (name, points) in enumerate(kept.items()):
        line.append("  " if number else "")
        line.append("━ ", COLOURS[number])
        line.append(f"{name.replace('_', ' ')} ")
        line.append(figure(points[-1][1]), "bold")
    return line


class Field:
    """A field of braille letters; where curves meet, the later one gives a letter its colour."""

    def __init__(self, width: int, height: int, steps: tuple[float, float], values: tuple[float, float]) -> None:
        self.width, self.height, self.steps, self.values = width, height, steps, values
        self.bits = [[0] * width for _ in range(height)]
        self.colours = [[""] * width for _ in range(height)]

    def draw(self, points: Points, colour: str) -> None:
        """A line through the points."""
        places = [self._place(step, value) for step, value in points]
        if len(places) == 1:
            self._dot(*places[0], colour)
        for (x, y), (to_x, to_y) in pairwise(places):
            length = max(abs(to_x - x), abs(to_y - y), 1)
            for part in range(length + 1):
                self._dot(x + round((to_x - x) * part / length), y + round((to_y - y) * part / length), colour)

    def _place(self, step: float, value: float) -> tuple[int, int]:
        first, last = self.steps
        low, high = self.values
        x = (step - first) / (last - first) if last > first else 0.0
        y = (high - value) / (high - low)
        return round(x * (2 * self.width - 1)), round(y * (4 * self.height - 1))

    def _dot(self, x: int, y: int, colour: str) -> None:
        self.bits[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        self.colours[y // 4][x // 2] = colour

    def lines(self) -> list[Text]:
        """The field, top first."""
        found = []
        for bits, colours in zip(self.bits, self.colours, strict=True):
            line = Text(no_wrap=True)
            for bit, colour in zip(bits, colours, strict=True):
                line.append(chr(EMPTY + bit) if bit else " ", colour or None)
            found.append(line)
        return found
