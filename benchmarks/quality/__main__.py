"""Measure families on the real data sets: `python -m benchmarks.quality [--sets ...] [--families ...] [--minutes 4]`.

What was found goes to var/bench/quality.json, study by study, so that a run can be ended and gone on with; the page
docs/quality.md and its pictures are made of all that is there. `--page` makes the page alone.
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
    bench = Home.from_environment(os.environ).path / "bench"
    kept, work = bench / "quality.json", bench / "quality"
    work.mkdir(parents=True, exist_ok=True)
    found = [Study(**one) for one in json.loads(kept.read_text(encoding="utf-8"))] if kept.is_file() else []
    missing = [name for name in said.sets if not SETS[name].here]
    for name in [] if said.page else [name for name in said.sets if name not in missing]:
        data = taken_in(name, work, Reports(work))
        for plan in (plan for plan in PLANS if plan.name in said.families):
            print(f"{name}: {plan.name} ...", flush=True)
            study = studied(name, data, plan, work / name, cpu_s=said.minutes * 60, count=said.count)
            found = [one for one in found if (one.data, one.family) != (name, plan.name)] + [study]
            kept.write_text(json.dumps([one.as_dict() for one in found], indent=1), encoding="utf-8")
    order = {plan.name: place for place, plan in enumerate(PLANS)}
    write(sorted(found, key=lambda one: order.get(one.family, 99)), work, said.count)
    for name in missing:
        print(f"{name}: not measured, ../shared/data has no {' or '.join(SETS[name].files)}")
    return int(bool(missing))


def asked() -> argparse.Namespace:
    """What the command line says."""
    families = [plan.name for plan in PLANS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--families", nargs="+", choices=families, default=families)
    parser.add_argument("--minutes", type=float, default=4.0, help="CPU minutes of each training")
    parser.add_argument("--count", type=int, default=2000, help="samples that are measured")
    parser.add_argument("--page", action="store_true", help="only make the page of what is there")
    return parser.parse_args()


def write(studies: list[Study], work: Path, count: int) -> None:
    """The page and its grids."""
    PICTURES.mkdir(exist_ok=True)
    for study in studies:
        grid = work / study.data / f"{study.family}.png"
        if grid.is_file():
            shutil.copy(grid, PICTURES / f"{study.data}-{study.family}.png")
    PAGE.write_text(page(studies, machine.facts(), datetime.now(UTC).date(), count), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
