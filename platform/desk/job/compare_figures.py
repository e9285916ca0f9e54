"""The table of a comparison: losses and scores at the end, what evaluations found, time, speed, device, memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from config import clock
from desk.csv_cell import plain_cell
from desk.job.amounts import duration, rounded
from desk.job.compare_curves import worked
from desk.job.compare_runs import Run
from desk.job.page import written
from desk.model.figure_names import CLASS_SHARE, HOLDOUT, figure_name, unit_of, unit_said
from desk.model.figure_order import in_words, rank, way, ways
from desk.model.figures import counted, interval
from desk.model.measured import Measured, best, measured
from desk.words.sentences import in_language

MB = 1024 * 1024  # bytes, as the pages count them (filesizeformat)


@dataclass(frozen=True)
class Cell:
    """A figure of one run; `text` is "" where there is none, `best` where it beats all others beyond chance."""

    text: str = ""
    note: str = ""
    link: str = ""
    best: bool = False


@dataclass(frozen=True)
class Line:
    """One row of the table, its cells in the order of the runs."""

    title: str
    unit: str
    cells: tuple[Cell, ...]
    help: str = ""


@dataclass(frozen=True)
class Part:
    """Rows under one heading."""

    title: str
    lines: tuple[Line, ...]


def table(runs: Sequence[Run], curves: Sequence[dict[str, Any]]) -> list[Part]:
    """The parts that have rows; `curves` (compare_curves.overlaid) say where a training stands that has not ended."""
    parts = [
        Part(_("As it ran"), tuple(_how(runs))),
        Part(_("At the end of the training"), tuple(_at_the_end(runs, curves))),
        *_evaluated(runs),
    ]
    return [part for part in parts if part.lines]


def _at_the_end(runs: Sequence[Run], curves: Sequence[dict[str, Any]]) -> list[Line]:
    last = {(one["name"], line["run"]): line["points"][-1] for one in curves for line in one["lines"] if line["points"]}
    said = [_final(run, last) for run in runs]
    names = dict.fromkeys(name for one in said for name in one)
    ordered = sorted(names, key=lambda name: not name.startswith(HOLDOUT))
    return [
        Line(figure_name(name), unit_of(name), tuple(one.get(name, Cell()) for one in said), in_words(way(name, {})))
        for name in ordered
    ]


def _final(run: Run, last: dict[tuple[str, int], Any]) -> dict[str, Cell]:
    """What its model says; of a training without one, the last point of each curve, with its step."""
    if run.version is None:
        return {
            name: Cell(rounded(point[2]), _("at step %(step)s") % {"step": f"{point[0]:,}"})
            for (name, place), point in last.items()
            if place == run.place
        }
    metrics = run.version.metrics
    losses = {name: Cell(rounded(value)) for name, value in metrics.get("losses", {}).items() if _is_number(value)}
    scores = {
        HOLDOUT + name: Cell(rounded(said["value"]), f"n = {counted(said['n'])}")
        for name, said in metrics.get("holdout", {}).items()
    }
    return scores | losses


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _evaluated(runs: Sequence[Run]) -> list[Part]:
    """What people ask for first, then the rest, then how often each class was made."""
    found = measured([run.version for run in runs if run.version])
    said = [found.get(run.version.pk, {}) if run.version else {} for run in runs]
    announced, lines, shares = ways(), list[Line](), list[Line]()
    for name in sorted({name for one in said for name in one}, key=rank):
        figures = [one.get(name) for one in said]
        better = way(name, announced)
        winner = best(figures, better) if better else None
        unit = unit_said(next(figure.unit for figure in figures if figure))
        cells = [_figure(figure, at == winner, _differ(figures)) for at, figure in enumerate(figures)]
        line = Line(figure_name(name), unit, tuple(cells), in_words(better))
        (shares if name.startswith(CLASS_SHARE) else lines).append(line)
    return [Part(_("Measured by evaluations"), tuple(lines)), Part(_("How often each class is made"), tuple(shares))]


def _differ(figures: Sequence[Measured | None]) -> bool:
    return len({figure.conditions for figure in figures if figure}) > 1


def _figure(figure: Measured | None, wins: bool, tell: bool) -> Cell:
    """With its interval and n; where others were measured otherwise (`tell`), also on what."""
    if figure is None:
        return Cell()
    n = f"n = {counted(figure.n)}" if figure.n is not None else ""
    parts = (interval(figure.low, figure.high), n, str(figure.data) if tell and figure.data else "")
    return Cell(rounded(figure.value), " · ".join(filter(None, parts)), str(figure.job.pk), wins)


def _how(runs: Sequence[Run]) -> list[Line]:
    columns: list[tuple[str, str, Callable[[Run], Cell]]] = [
        (_("Steps done"), "", lambda run: Cell(f"{run.job.done:,}" if run.job.done else "")),
        (_("Time worked"), "", _duration),
        (_("Speed"), _("items/s"), lambda run: _number(run.job.result.get("samples_per_s"))),
        (_("Device"), "", _device),
        (_("Largest memory"), "MB", _memory),
        (_("Attempts"), "", lambda run: Cell(str(run.job.attempts_made or len(run.job.tries.all()) or ""))),
    ]
    lines = [Line(title, unit, tuple(cell(run) for run in runs)) for title, unit, cell in columns]
    return [line for line in lines if any(cell.text for cell in line.cells)]


def _duration(run: Run) -> Cell:
    seconds = worked(run.job, run.job.finished_at or clock.now())
    return Cell(duration(seconds), "" if run.job.ended else _("until now")) if run.job.started_at else Cell()


def _device(run: Run) -> Cell:
    said = [run.job.facts.get(name) for name in ("device", "precision")]
    return Cell(" · ".join(in_language(written(one)) for one in said if one))


def _memory(run: Run) -> Cell:
    """The most that any attempt held, where the platform measured it."""
    used = [getattr(one, "used", None) or {} for one in run.job.tries.all()]
    most = max((one.get("peak_memory_bytes", 0) for one in used), default=0)
    return Cell(f"{most / MB:,.0f}" if most else "")


def _number(value: Any) -> Cell:
    return Cell(f"{value:,.4g}" if _is_number(value) else "")


def as_csv(runs: Sequence[Run], parts: Sequence[Part]) -> str:
    """The table as CSV (RFC 4180): a row for each figure, two columns for each run: value, and what goes with it."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = [text for run in runs for text in (run.label, f"{run.letter}: " + _("interval, n"))]
    writer.writerow(map(_plain, [_("Figure"), _("Unit"), *heads]))
    writer.writerow(map(_plain, [_("Job"), "", *(text for run in runs for text in (str(run.job.pk), ""))]))
    for part in parts:
        for line in part.lines:
            cells = [text for cell in line.cells for text in (cell.text, cell.note)]
            writer.writerow(map(_plain, [line.title, line.unit, *cells]))
    return out.getvalue()


def _plain(text: str) -> str:
    """A cell that no spreadsheet computes; a number without what groups its digits."""
    try:
        float(bare := text.replace(",", ""))
    except ValueError:
        return plain_cell(text)
    return bare
