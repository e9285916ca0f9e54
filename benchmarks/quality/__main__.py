"""Measure families on the real data sets: `python -m benchmarks.quality [--sets ...] [--families ...] [--minutes 4]`.

What was found goes to docs/quality/SET.json, study by study, in place of what was kept of that family, so that a run
can be ended and gone on with; the page docs/quality.md is made of all that is kept. `--page` makes the page alone.
"""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks.quality.kept import keep, kept, seen
from benchmarks.quality.page import page
from benchmarks.quality.plans import PLANS
from benchmarks.quality.sets import SETS, taken_in
from benchmarks.quality.study import studied
from deploy.home import ROOT, Home
from workers.engine.reports import Reports

PAGE, KEPT = ROOT / "docs" / "quality.md", ROOT / "docs" / "quality"


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
            budget = {"cpu_s": said.minutes * 60, "count": SETS[name].count, "threads": said.threads}
            found = studied(name, data, plan, work / name, **budget)
            keep(found, work / name / f"{plan.family}.png", KEPT)
            PAGE.write_text(whole(), encoding="utf-8")
    PAGE.write_text(whole(), encoding="utf-8")
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
    parser.add_argument("--threads", type=int, default=2, help="of each training and measuring")
    parser.add_argument("--page", action="store_true", help="only make the page of what is kept")
    return parser.parse_args()


def whole() -> str:
    """The page of all that is kept."""
    words = {name: seen(name, KEPT) for name in SETS}
    return page([study for name in SETS for study in kept(name, KEPT)], words)


if __name__ == "__main__":
    sys.exit(main())
