"""What every row of the table must hold."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.running import Running
from tests.faults.table import Row, keep


def holds(up: Running, row: Row, *, hits: int, within_s: float = 300.0, long: bool = True) -> None:
    """Keep the row, then judge it: nothing lost, nothing twice, enough hit, well again in time, and no engine left
    behind by its worker."""
    keep(replace(row, database=up.rows.kind), long=long)
    assert row.hits >= hits, f"only {row.hits} of {row.injected} hit what they were meant for"
    assert (row.lost, row.duplicates) == (0, 0)
    assert row.recovery_s <= within_s
    assert up.orphans() == []
