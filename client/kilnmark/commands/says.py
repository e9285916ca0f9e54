"""How commands speak: to people in a terminal, in plain lines to other programs, in JSON where it was asked for."""

from __future__ import annotations

import json
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
    typer.echo(json.dumps(value, indent=1, default=str, ensure_ascii=not _utf8()))


def line(value: Any) -> None:
    """One line of JSON Lines, said at once."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=not _utf8()))
    sys.stdout.flush()


def say(*parts: str, style: str = "") -> None:
    """One line, tabs between its parts where no person reads; what came from afar can do nothing to the terminal."""
    kept = [plain(part) for part in parts if part]
    console().print(Text(("  " if people_read() else "\t").join(kept), style))


def aside(text: str) -> None:
    """A remark on standard error, for a terminal alone."""
    if sys.stderr.isatty():
        errors_console().print(Text(plain(text), "dim"))


def fault(text: str) -> None:
    """One sentence on standard error."""
    errors_console().print(Text.assemble(("error: ", "bold red"), plain(text)), soft_wrap=True)


def fields(rows: Iterable[tuple[str, Any]]) -> None:
    """Name and value of one thing; what is empty is left out."""
    kept = [(name, cell(value)) for name, value in rows if value not in (None, "", (), [], {})]
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
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, name in enumerate(columns):
        whole = max((len(line[number]) for line in lines), default=0) if number == 0 else None  # an id is copied
        drawn.add_column(name, no_wrap=True, overflow="ellipsis", min_width=whole)
    for one in lines:
        drawn.add_row(*map(coloured, one))
    if drawn.row_count:
        console().print(drawn)
    else:
        aside(empty)


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
