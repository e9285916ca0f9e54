"""What was measured, as JSON for programs and as a page for people.

What the page says is kept in the repository beside it (docs/benchmarks/TOPIC.json), so that a topic that is measured
again replaces its own figures and no others, on whichever machine it is measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True)
class Taken:
    """What a topic found, on which day and on what (`machine.facts`)."""

    figures: Mapping[str, Figure]
    day: date
    machine: Mapping[str, str]


def keep(folder: Path, topic: str, taken: Taken) -> None:
    """`FOLDER/TOPIC.json`, in place of what was taken before."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {name: one.as_dict() for name, one in taken.figures.items()}
    said = {"day": taken.day.isoformat(), "machine": dict(taken.machine), "figures": figures}
    (folder / f"{topic}.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def kept(folder: Path, topic: str) -> Taken | None:
    """What `keep` left of a topic; None where there is nothing."""
    path = folder / f"{topic}.json"
    if not path.is_file():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    figures = {
        name: {key: value for key, value in one.items() if key != "met"} for name, one in said["figures"].items()
    }
    day = date.fromisoformat(said["day"])
    return Taken({name: Figure(**one) for name, one in figures.items()}, day, said["machine"])


def page(measured: Mapping[str, Taken], said: Mapping[str, str]) -> str:
    """Every topic with its text (`said`), its table and the day it was measured.

    The machine at the head is that of the latest day; a topic that was taken on another says on which.
    """
    latest = max(measured.values(), key=lambda one: one.day).machine if measured else {}
    parts = [HEAD, "\n".join(f"- {name}: {value}" for name, value in latest.items()), ""]
    for topic, one in measured.items():
        title = topic.replace("_", " ").capitalize()
        day = f"Measured on {one.day.isoformat()}" + (
            f", on {elsewhere(one.machine, latest)}." if one.machine != latest else "."
        )
        parts += [f"## {title}", said[topic].strip(), "", day, "", table(one.figures), ""]
    return "\n".join(parts)


def elsewhere(machine: Mapping[str, str], latest: Mapping[str, str]) -> str:
    """Of these facts those that differ."""
    return "; ".join(f"{name}: {value}" for name, value in machine.items() if latest.get(name) != value)


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
