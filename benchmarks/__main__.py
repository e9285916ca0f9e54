"""Run the topics and write what was found: var/bench/<topic>.json each, and docs/benchmarks.md.

`python -m benchmarks [TOPIC ...] [--pairs 20]`; with fewer than 20 pairs nothing is written. The page is made of
docs/benchmarks/, in which each topic measured now replaces what was kept of it; `--page` makes the page alone. Exits
with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType

from benchmarks import machine, report, topics
from benchmarks.timing import LEAST_PAIRS, Figure
from deploy.home import ROOT, Home

PAGE, KEPT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks"


def found() -> dict[str, ModuleType]:
    """Every topic by the name of its file."""
    names = sorted(part.name for part in pkgutil.iter_modules(topics.__path__))
    return {name: import_module(f"{topics.__name__}.{name}") for name in names}


def main() -> int:
    """0 where every bar is met."""
    known = found()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"some of {', '.join(known)}; all unless said")
    parser.add_argument("--pairs", type=int, default=LEAST_PAIRS, help="pairs of each comparison, or single runs")
    parser.add_argument("--page", action="store_true", help="only make the page of what is kept")
    said = parser.parse_args()
    if unknown := set(said.topics) - set(known):
        parser.error(f"no topic {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    if said.pairs < 2:
        parser.error(f"--pairs: expected 2 or more, got {said.pairs}")
    chosen, measured = [] if said.page else said.topics or list(known), dict[str, dict[str, Figure]]()
    for name in chosen:
        print(f"{name} ...", flush=True)
        measured[name] = known[name].measure(said.pairs)
        print(report.table(measured[name]), end="\n\n", flush=True)
    if said.pairs >= LEAST_PAIRS:
        for name, figures in measured.items():
            report.write_json(Home.from_environment(os.environ).path / "bench", name, figures)
            report.keep(KEPT, name, report.Taken(figures, datetime.now(UTC).date(), machine.facts()))
        PAGE.write_text(page(known), encoding="utf-8")
    return int(any(one.met is False for figures in measured.values() for one in figures.values()))


def page(known: Mapping[str, ModuleType]) -> str:
    """The page of all that is kept."""
    taken = {name: there for name in known if (there := report.kept(KEPT, name))}
    return report.page(taken, {name: topic.__doc__ or "" for name, topic in known.items()})


if __name__ == "__main__":
    sys.exit(main())
