"""The roll of all jobs that may have made a file, brought up to date before each look for a watermark.

It lies in a private folder of the worker's home; what is there already is not asked for again: identifiers grow with
time. A transaction may commit later than a younger one, though: the number of jobs shows whether any is missing.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.models import Job
from workers.engine import job_roll
from workers.engine.job_roll import Roll, Row

NAME = "jobs.roll"


def listed(folder: Path) -> dict[str, Any]:
    """What an order says of the jobs: the file that lists them, and how many of it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / NAME
    with os.fdopen(os.open(folder / "roll.lock", os.O_RDWR | os.O_CREAT, 0o600), "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        roll = Roll.read(path) or job_roll.begin(path)
        if new := _later(roll):
            roll = job_roll.extend(path, roll, new)
        if len(roll) != _made().count():
            roll = _compared(path, roll)
    return {"roll": str(path), "count": len(roll)}


def _made() -> Any:
    return Job.objects.filter(kind="generate")


def _later(roll: Roll) -> list[Row]:
    """Jobs that are younger than the youngest that is listed."""
    rows = _made().filter(pk__gt=roll.newest()).order_by("id").values_list("pk", "project_id")
    return list(rows.iterator())


def _compared(path: Path, roll: Roll) -> Roll:
    """The roll with whatever is missing; begun anew where it lists what is no job any more."""
    there = dict(_made().order_by("id").values_list("pk", "project_id"))
    listed = {UUID(bytes=job) for job in roll.jobs()}
    if listed - there.keys():
        roll, listed = job_roll.begin(path), set()
    return job_roll.extend(path, roll, [(job, project) for job, project in there.items() if job not in listed])
