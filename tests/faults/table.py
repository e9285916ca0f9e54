"""What a fault did, one row each: printed, kept as JSON in var/faults/, shown in docs/faults.md by the long run."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.home import ROOT

KEPT = ROOT / "var" / "faults"
PAGE = ROOT / "docs" / "faults.md"
COLUMNS = (
    "#",
    "fault",
    "database",
    "injected",
    "hits on a running claim",
    "lost",
    "duplicate effects",
    "recovery (s)",
    "beside it",
)
HEAD = """# Faults

Made by `make test-faults`; edit nothing here. Each row is injected into a whole platform in a home of its own (web
process, workers, engines, Valkey, database), with the attempt limits and leases of production, and fails if something
is lost or done twice, or if too few injections hit a running claim. **Lost**: a job that did not end in time, or ended
without its effect. **Duplicate effects**: artifacts, model versions, data sets and ends in the log beyond one for each.
**Recovery**: from the last injection until all is well again; what "well" means is said beside it. Of the settings
one differs: what died is started again after a second at most, not after up to 30 s, lest a storm meet only the dead.
`tests/faults/`
"""


@dataclass(frozen=True)
class Row:
    """One fault of the table and how it went."""

    number: str
    fault: str
    injected: int
    hits: int
    lost: int
    duplicates: int
    recovery_s: float
    beside: str = ""
    database: str = "SQLite"

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        counts = (str(count) for count in (self.injected, self.hits, self.lost, self.duplicates))
        return (self.number, self.fault, self.database, *counts, f"{self.recovery_s:.1f}", self.beside)


def keep(row: Row, *, long: bool) -> Row:
    """Print a row; that of a long run is also kept, and the page made anew."""
    print(f"\nfault {' | '.join(row.cells())}", flush=True)
    if long:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{row.number} {row.database}.json").write_text(json.dumps(asdict(row), indent=1), encoding="utf-8")
        PAGE.write_text(page(kept()), encoding="utf-8")
    return row


def kept() -> list[Row]:
    """The rows of the latest long runs, in the order of their numbers."""
    rows = [Row(**json.loads(path.read_text(encoding="utf-8"))) for path in KEPT.glob("* *.json")]
    return sorted(rows, key=place)


def place(row: Row) -> tuple[int, str, bool]:
    """Where it stands in the table: by its number, SQLite first."""
    return int("".join(filter(str.isdigit, row.number))), row.number, row.database != "SQLite"


def page(rows: list[Row]) -> str:
    """The page for people."""
    where = f"{platform.system()}, Python {platform.python_version()}, {_cores()} cores"
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(row.cells() for row in rows)]
    return f"{HEAD}\nTaken on: {where}.\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cores() -> int:
    return Path("/proc/cpuinfo").read_text().count("processor\t")
