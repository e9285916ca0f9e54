"""What a claim costs the database among 100 and among 100,000 queued jobs of 20 projects: counted, not timed.

SQLite's virtual machine calls back at its steps; of PostgreSQL the shared buffers are counted that EXPLAIN (ANALYZE,
BUFFERS) sees. All jobs may run; or all but one are of a project over its quota; or all but one wait for a window that
is closed. PostgreSQL is left out where its server is not installed.
"""

from __future__ import annotations

import json
import os
from unittest.mock import patch

from benchmarks.timing import LEAST_PAIRS, Figure
from benchmarks.topics.job_overhead import home, program
from tests import postgres

FEW, MANY, TRIAL = 100, 100_000, 5000
LARGEST_RATIO = 2.0


def measure(pairs: int) -> dict[str, Figure]:
    """Each case on each database; fewer jobs where few pairs are asked for."""
    many = MANY if pairs >= LEAST_PAIRS else TRIAL
    with home():
        found = figures("SQLite", "VM steps", many)
        programs = postgres.binaries()
        if programs:
            found |= on_postgres(postgres.Server(programs), many)
    return found


def on_postgres(server: postgres.Server, many: int) -> dict[str, Figure]:
    """The same on a server of its own."""
    try:
        with patch.dict(os.environ, {"DATABASE_URL": server.url()}):
            program("deploy.preparation")
            return figures("PostgreSQL", "shared buffers", many)
    finally:
        server.stop()


def figures(database: str, unit: str, many: int) -> dict[str, Figure]:
    """The work among many, beside that among few."""
    told = json.loads(program("benchmarks.crowded_queue", str(FEW), str(many)))
    return {f"{database}, {case}": growth(work[str(FEW)], work[str(many)], unit) for case, work in told.items()}


def growth(few: int, many: int, unit: str) -> Figure:
    """How many times the work among few the work among many is: one number, which does not vary."""
    times = many / few
    return Figure(times, f"times {few} {unit}", times, times, 1, at_most=LARGEST_RATIO)
