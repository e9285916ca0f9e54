"""The ladder of a training that ran out of memory: the same batch in ever smaller parts, until one item is too much.

The parameters stay what was asked for; a part is a matter of how it is computed, recorded among the facts of the job.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from catalog.plugins import plugin
from jobs.claim import Claim, finish, release
from jobs.models import Job, State

CODE = "out_of_memory"
NO_SMALLER = (
    "The work needs more memory than there is, even one item at a time: take smaller networks or a larger device."
)
NO_SMALLER_SHARED = (
    "The work needs more memory than there is, even one item at a time in each process: take smaller networks, fewer "
    "processes (KILNMARK_PROCESSES), or a larger device."
)


def halved(batch_size: int, micro_batch: int = 0) -> int:
    """The next smaller part, of twice as many; 0 where a part is one item already. `micro_batch` 0 is the whole."""
    now = micro_batch or batch_size
    return 0 if now == 1 else math.ceil(batch_size / (2 * math.ceil(batch_size / now)))


def tried(batch_size: int, micro_batch: int) -> list[int]:
    """The parts that an attempt came to by this ladder, the whole batch first."""
    found = [batch_size]
    while found[-1] > (micro_batch or batch_size):
        found.append(halved(batch_size, found[-1]))
    return found


def computes_in_batches(job: Job) -> bool:
    """Whether the job is one that could be computed in smaller parts."""
    return "batch_size" in job.params and plugin("kind", job.kind).abilities["produces"] == "model_version"


def try_smaller(claim: Claim, job: Job) -> None:
    """Queue the job again at half of what was computed at once; at one item it fails, and says what was tried.

    Several processes have each their share of the batch: what one of them computes at once is halved.
    """
    facts: Mapping[str, Any] = Job.objects.values_list("facts", flat=True).get(pk=job.pk)
    batch_size = int(job.params["batch_size"])
    processes = max(1, min(settings.PROCESSES, batch_size))  # as workers/engine/launch.py gives it
    own = math.ceil(batch_size / processes)
    now = min(int(facts.get("micro_batch") or own), own)
    smaller = halved(own, now)
    if not smaller:
        why, seen = NO_SMALLER if processes == 1 else NO_SMALLER_SHARED, tried(own, now)
        said = {"expected": "memory for one item", "got": seen, "tried": seen}
        finish(claim, State.FAILED, reason=why, error_code=CODE, error_detail=why, error_facts=said)
        return
    parts = {"micro_batch": smaller, "accumulate": math.ceil(own / smaller)}
    shared = f" in each of {processes} processes" if processes > 1 else ""
    reason = f"out of memory at batch {now}{shared}, retrying at {smaller}"
    release(claim, reason=reason, outcome="failed", detail=parts, facts={**facts, **parts})
