"""Pages of the web admin at 100,000 jobs, 1,000,000 artifacts and 200,000 events of the log, on SQLite.

Each page as the server makes it, from the request to the last byte, for a superuser or for a member of the project that
holds all of it, whichever takes longer. What a browser adds is not counted.
"""

from __future__ import annotations

import json

from benchmarks.timing import Figure, measured
from benchmarks.topics.job_overhead import home, program

LONGEST_MS = 500.0


def measure(pairs: int) -> dict[str, Figure]:
    """So many looks at each page."""
    with home():
        told = json.loads(program("benchmarks.many_rows", str(pairs)))
    return {page: measured(took, unit="ms", at_most=LONGEST_MS) for page, took in told.items()}
