"""What a job used of the machine: attempt by attempt, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from desk.job.amounts import duration, rounded
from desk.job.ran import device_word
from desk.words.sentences import in_language
from jobs.models import Attempt, Job, State

Fact = tuple[str, str]


def attempts(job: Job) -> list[dict[str, Any]]:
    """Oldest first: who had it, on what, from when to when, how it ended and why, what it used."""
    return [_attempt(job, row, number) for number, row in enumerate(job.tries.all(), start=1)]


def _attempt(job: Job, row: Attempt, number: int) -> dict[str, Any]:
    used = used_by(job, row)
    return {
        "row": row,
        "number": number,
        "outcome": in_language(row.outcome) if row.outcome else _("running"),
        "reason": in_language(row.reason),
        "device": device_word(used.get("device") or row.facts.get("device", "")),
        "cpu": duration(used["cpu_s"]) if "cpu_s" in used else "",
        "memory": filesizeformat(used["peak_memory_bytes"]) if used.get("peak_memory_bytes") else "",
        "device_time": duration(row.device_s) if row.ended_at else "",
    }


def used_by(job: Job, row: Attempt) -> Mapping[str, Any]:
    """As its end recorded it; of the one that runs, as its last beat said."""
    return row.used or (job.used if row.token == job.token and not row.ended_at else {})


def resources(job: Job) -> list[Fact]:
    """All attempts together; what was not measured is left out."""
    rows = list(job.tries.all())
    used = [said for row in rows if (said := used_by(job, row))]
    cpu = [one["cpu_s"] for one in used if "cpu_s" in one]
    devices = dict.fromkeys(one["device"] for one in used if one.get("device"))
    held = sum(row.device_s for row in rows if row.ended_at)
    said = [
        (_("CPU time"), duration(sum(cpu)) if cpu else ""),
        (_("Peak memory"), _most(used, "peak_memory_bytes")),
        (_("Peak memory of the GPU"), _most(used, "gpu_memory_bytes")),
        (_("Device"), ", ".join(map(device_word, devices)) or device_word(job.facts.get("device", ""))),
        (_("Device time charged"), duration(held) if held else ""),
        (_("Speed"), speed(job)),
    ]
    return [(name, value) for name, value in said if value]


def _most(used: Sequence[Mapping[str, Any]], name: str) -> str:
    most = max((one.get(name, 0) for one in used), default=0)
    return filesizeformat(most) if most else ""


def speed(job: Job) -> str:
    """Items a second: as the training measured it, else what was made over the time that its last attempt took."""
    rate = job.result.get("samples_per_s")
    wall = job.used.get("wall_s", 0)
    if not rate and job.state == State.SUCCEEDED and job.kind == "generate" and wall and job.attempts_made == 1:
        rate = job.done / wall
    return _("%(rate)s items/s") % {"rate": rounded(rate)} if rate else ""
