"""The audit log at a million events, on SQLite: an append, a proof, and the check of the whole.

An append is one event in a transaction of its own, as an action has it; the clock on the wall, since a commit waits for
the disk. A proof is the way from an event drawn at random to the newest signed head, or from an older size of the tree
to the newest, read from the database and put together. The check makes every leaf, commitment, node and signature anew.
"""

from __future__ import annotations

import json

import numpy as np

from benchmarks.timing import Figure, measured
from benchmarks.topics.job_overhead import home, program

EVENTS = 1_000_000
LONGEST_APPEND_MS, LONGEST_PROOF_MS, LONGEST_CHECK_S = 0.3, 5.0, 60.0


def measure(pairs: int) -> dict[str, Figure]:
    """Twenty appends and one proof of each kind for each of `pairs`, and one check."""
    with home():
        told = json.loads(program("benchmarks.long_log", str(EVENTS), str(pairs)))
    appends = [float(np.median(told["append_ms"][start::pairs])) for start in range(pairs)]
    seconds = told["check_s"]
    return {
        "append, p50": measured(appends, unit="ms", at_most=LONGEST_APPEND_MS),
        "inclusion proof": measured(told["proof_ms"], unit="ms", at_most=LONGEST_PROOF_MS),
        "consistency proof": measured(told["consistency_ms"], unit="ms", at_most=LONGEST_PROOF_MS),
        "check of the whole log": Figure(seconds, "s", seconds, seconds, 1, at_most=LONGEST_CHECK_S),
    }
