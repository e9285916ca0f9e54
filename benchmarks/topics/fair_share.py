"""Whether projects get what their weights say: 10,000 jobs of 20 projects through the production claim, on SQLite.

Weights between 1 and 5, job lengths log-normal (median 10 minutes), 8 workers, a clock that jumps from end to end.
While every project has jobs waiting, its part of the device seconds is compared with its part of the weights, and the
longest time between two of its starts with a slow turn: how long it takes, at an even pace, until every project has
used as much for its weight as a project does by the longest job of all.
"""

from __future__ import annotations

import json

from benchmarks.timing import LEAST_PAIRS, Figure
from benchmarks.topics.job_overhead import home, program

JOBS, PROJECTS = 10_000, 20
LARGEST_ERROR, LONGEST_WAIT = 5.0, 2.0
TRIAL = 10  # times fewer jobs


def measure(pairs: int) -> dict[str, Figure]:
    """One run, which is the same everywhere; fewer jobs where few pairs are asked for."""
    jobs = JOBS if pairs >= LEAST_PAIRS else JOBS // TRIAL
    with home():
        told = json.loads(program("benchmarks.backlog", str(jobs), str(PROJECTS)))
    return {
        "largest error of a share": exact(100 * told["error"], "% of its weight", LARGEST_ERROR),
        "longest wait for a start": exact(told["wait"], "slow turns", LONGEST_WAIT),
        "jobs begun until one project had none": exact(told["began"], "jobs"),
    }


def exact(value: float, unit: str, at_most: float | None = None) -> Figure:
    """A figure that does not vary."""
    return Figure(value, unit, value, value, 1, at_most=at_most)
