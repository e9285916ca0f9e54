"""What was measured, as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.timing import Figure

HEAD = """# Benchmarks

Made by `make bench`; edit nothing here. **Ratio** is how fast ours is beside the peer (1: as fast, 0.5: half as fast),
taken in alternating pairs, with the 95 % bootstrap interval of its median; without a peer the interval is that of the
figure. A bar is met when the interval reaches it. Figures of another machine differ; ratios differ less. The method is
`benchmarks/timing.py`.
"""
COLUMNS = ("figure", "ours", "peer", "ratio", "95 % interval", "runs", "bar")


def write_json(folder: Path, topic: str, figures: Mapping[str, Figure]) -> Path:
    """`FOLDER/TOPIC.json`: figure -> value, unit, peer, ratio, low, high, runs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{topic}.json"
    path.write_text(json.dumps({name: one.as_dict() for name, one in figures.items()}, indent=1), encoding="utf-8")
    return path


def read_json(folder: Path, topic: str) -> tuple[dict[str, Figure], date] | None:
    """The figures of a topic as `write_json` left them, and their day; None where there are none."""
    path = folder / f"{topic}.json"
    if not path.is_file():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    figures = {name: Figure(**{key: value for key, value in one.items() if key != "met"}) for name, one in said.items()}
    return figures, datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def page(
    measured: Mapping[str, tuple[Mapping[str, Figure], date]], said: Mapping[str, str], machine: Mapping[str, str]
) -> str:
    """Every topic with its text (`said`), its table and the day it was measured, and what it was taken on."""
    facts = [f"- {name}: {value}" for name, value in machine.items()]
    parts = [HEAD, "\n".join(facts), ""]
    for topic, (figures, day) in measured.items():
        title = topic.replace("_", " ").capitalize()
        parts += [f"## {title}", said[topic].strip(), "", f"Measured on {day.isoformat()}.", "", table(figures), ""]
    return "\n".join(parts)


def table(figures: Mapping[str, Figure]) -> str:
    """One row a figure."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(cells(name, one) for name, one in figures.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cells(name: str, figure: Figure) -> tuple[str, ...]:
    """A row as it is shown."""
    peer = f"{number(figure.peer)} ({figure.against})" if figure.peer is not None else ""
    ratio = number(figure.ratio) if figure.ratio is not None else ""
    within = f"{number(figure.low)} to {number(figure.high)}"
    return (name, f"{number(figure.value)} {figure.unit}", peer, ratio, within, str(figure.runs), bar(figure))


def bar(figure: Figure) -> str:
    """What it had to reach and whether it did."""
    if figure.met is None:
        return ""
    said = f"at least {figure.at_least}" if figure.at_least is not None else f"at most {figure.at_most}"
    return f"{said}: {'met' if figure.met else 'MISSED'}"


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
