"""How commands speak: to people in a terminal, in plain lines to other programs, in JSON where it was asked for."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kilnmark.errors import plain

STATE_COLOURS = {
    "succeeded": "green", "ready": "green", "approved": "green", "running": "cyan", "queued": "blue", "held": "yellow",
    "paused": "yellow", "draft": "yellow", "pending": "yellow", "failed": "red", "errored": "red", "rejected": "red",
    "revoked": "red", "cancelled": "bright_black", "retired": "bright_black",
}  # fmt: skip
WIDEST, NARROWEST, GAP = 28, 12, 2  # letters of a column, and between two


def console() -> Console:
    """Standard output, as it is now; NO_COLOR and TERM=dumb are heeded by rich."""
    return Console(highlight=False, emoji=False, markup=False, soft_wrap=not sys.stdout.isatty())


def errors_console() -> Console:
    """Standard error, where progress is drawn."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


def people_read() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def document(value: Any) -> None:
    """One JSON document, whole."""
    typer.echo(_json(value, indent=1))


def line(value: Any) -> None:
    """One line of JSON Lines, said at once."""
    typer.echo(_json(value))
    sys.stdout.flush()


def _json(value: Any, indent: int | None = None) -> str:
    """Valid whatever came from afar, and nothing that a terminal would obey: what is not shown is escaped."""
    try:
        said = json.dumps(value, indent=indent, default=str, ensure_ascii=not _utf8(), allow_nan=False)
    except ValueError:
        return _json(_numbers(value), indent)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in said)


def _numbers(value: Any) -> Any:
    """The same with null where a number is none that JSON has."""
    if isinstance(value, dict):
        return {name: _numbers(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def say(*parts: str, style: str = "") -> None:
    """One line, with tabs between its parts where no person reads it; what came from afar cannot steer the terminal."""
    kept = [plain(part) for part in parts if part]
    if people_read():
        console().print(Text("  ".join(kept), style), soft_wrap=True)
    else:
        typer.echo("\t".join(kept))


def aside(text: str) -> None:
    """A remark on standard error, for a terminal alone."""
    if sys.stderr.isatty():
        errors_console().print(Text(plain(text), "dim"))


def fault(text: str, *, kind: str = "error") -> None:
    """One sentence on standard error; `kind` is `error` or `warning`."""
    colour = "bold red" if kind == "error" else "bold yellow"
    errors_console().print(Text.assemble((f"{kind}: ", colour), plain(text)), soft_wrap=True)


def fields(rows: Iterable[tuple[str, Any]]) -> None:
    """Name and value of one thing; what is empty is left out."""
    kept = [(plain(name), cell(value)) for name, value in rows if value not in (None, "", (), [], {})]
    if not people_read():
        for name, value in kept:
            typer.echo(f"{name}\t{value}")
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in kept:
        grid.add_row(name, coloured(value))
    console().print(grid)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """A table for people; without a terminal one line a row, tabs between, and no head."""
    if not people_read():
        for row in rows:
            typer.echo("\t".join(cell(value) for value in row))
        return
    lines = [[cell(value) for value in row] for row in rows]
    if not lines:
        aside(empty)
        return
    screen = console()
    widths = fitting([max(map(len, column)) for column in zip(columns, *lines, strict=True)], screen.width)
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name, width in zip(columns, widths, strict=False):
        drawn.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
    for one in lines:
        drawn.add_row(*map(coloured, one[: len(widths)]))
    screen.print(drawn)


def fitting(widths: Sequence[int], room: int) -> list[int]:
    """How wide columns are drawn: as many as fit, the first one whole, since ids are copied, the last one cut."""
    found = [widths[0], *(min(width, WIDEST) for width in widths[1:-1]), widths[-1]][: len(widths)]
    while len(found) > 1 and sum(found[:-1]) + GAP * len(found) + min(found[-1], NARROWEST) > room:
        found.pop()
    if len(found) > 1:
        found[-1] = min(found[-1], room - sum(found[:-1]) - GAP * (len(found) - 1))
    return found


def cell(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (dict, list, tuple)):
        return plain(json.dumps(value, default=str, ensure_ascii=not _utf8()))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain("" if value is None else str(value))


def coloured(text: str) -> Text:
    """A state in its colour, anything else as it is."""
    return Text(text, STATE_COLOURS.get(text, ""))


def amount(count: float, unit: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
