"""Attack each mark and write docs/marks.md and var/bench/marks.json; takes about ten minutes. `--quick` writes nothing.

Exits with 1 where an unmarked item was judged marked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime

from benchmarks import machine
from benchmarks.marks import page, studies
from deploy.home import ROOT, Home

PAGE = ROOT / "docs" / "marks.md"


def main() -> int:
    """0 where no level of the null was passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few items: to see that it runs")
    quick = parser.parse_args().quick
    found = studies.all_of(64 if quick else 400, 100 if quick else 1000)
    text = page.page(found, machine.facts(), datetime.now(UTC).date())
    print(text)
    if not quick:
        PAGE.write_text(text, encoding="utf-8")
        place = Home.from_environment(os.environ).path / "bench" / "marks.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(found.as_dict(), indent=1), encoding="utf-8")
    return int(any(one.reached[5.26].hits for one in found.nulls.values()))


if __name__ == "__main__":
    sys.exit(main())
