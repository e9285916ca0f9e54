"""Measure families on the real data sets: `python -m benchmarks.quality [--sets ...] [--families ...] [--minutes 4]`.

What was found goes to var/bench/quality/SET.json, study by study, so that a run can be ended and gone on with, and sets
can be measured beside one another; the page docs/quality.md and its pictures are made of all that is there. `--page`
makes the page alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.quality.page import page
from benchmarks.quality.plans import PLANS
from benchmarks.quality.sets import SETS, taken_in
from benchmarks.quality.study import Study, studied
from deploy.home import ROOT, Home
from workers.engine.reports import Reports

PAGE, PICTURES = ROOT / "docs" / "quality.md", ROOT / "docs" / "quality"


def main() -> int:
    """0 where everything asked for was measured."""
    said = asked()
    work = Home.from_environment(os.environ).path / "bench" / "quality"
    work.mkdir(parents=True, exist_ok=True)
    missing = [name for name in said.sets if not SETS[name].here]
    for name in [] if said.page else [name for name in said.sets if name not in missing]:
        data = taken_in(name, work, Reports(work))
        for plan in (plan for plan in PLANS if plan.family in said.families):
            print(f"{name}: {plan.family} ...", flush=True)
            budget = {"cpu_s": said.minutes * 60, "count": said.count, "threads": said.threads}
            keep(studied(name, data, plan, work / name, **budget), work)
    write([study for name in SETS for study in kept(name, work)], work)
    for name in missing:
        print(f"{name}: not measured, ../shared/data has no {' or '.join(SETS[name].files)}")
    return int(bool(missing))


def asked() -> argparse.Namespace:
    """What the command line says."""
    families = [plan.family for plan in PLANS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--families", nargs="+", choices=families, default=families)
    parser.add_argument("--minutes", type=float, default=4.0, help="CPU minutes of each training")
    parser.add_argument("--count", type=int, default=2000, help="samples that are measured")
    parser.add_argument("--threads", type=int, default=2, help="of each training and measuring")
    parser.add_argument("--page", action="store_true", help="only make the page of what is there")
    return parser.parse_args()


def kept(name: str, work: Path) -> list[Study]:
    """What was found on that set, in the order of the plans."""
    file, order = work / f"{name}.json", [plan.family for plan in PLANS]
    said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return sorted((Study(**one) for one in said if one["family"] in order), key=lambda one: order.index(one.family))


def keep(study: Study, work: Path) -> None:
    """This study in place of the one before of its family and set."""
    others = [one for one in kept(study.data, work) if one.family != study.family]
    said = json.dumps([one.as_dict() for one in [*others, study]], indent=1)
    (work / f"{study.data}.json").write_text(said, encoding="utf-8")


def write(studies: list[Study], work: Path) -> None:
    """The page and its grids."""
    PICTURES.mkdir(exist_ok=True)
    for study in studies:
        grid = work / study.data / f"{study.family}.png"
        if grid.is_file():
            shutil.copy(grid, PICTURES / f"{study.data}-{study.family}.png")
    PAGE.write_text(page(studies, machine.facts(), datetime.now(UTC).date()), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
