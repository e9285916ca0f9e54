"""What an estimate found, in sentences of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import DatasetVersion
from catalog.plugins import newest
from config import clock
from desk.job.amounts import span
from desk.job.page import title
from desk.words.sentences import in_language
from jobs import presence
from jobs.models import Job, State
from jobs.request import Request
from jobs.submission import queue_name

KIND = "estimate"
LATELY = timedelta(hours=12)  # for so long an estimate is shown again
NOTHING = (State.FAILED, State.ERRORED, State.CANCELLED)
BUSY = 0.5  # processes for each processor: beside them a step takes noticeably longer


def estimated(job: Job) -> dict[str, Any]:
    """The answer as far as there is one: `says`, or the reason why there is none (yet)."""
    said = sentences(job.result) if job.state == State.SUCCEEDED and job.kind == KIND else []
    reason = in_language(job.error_detail or job.state_reason)
    drawn = bar(job.result) if said else None
    return {
        "title": title(job),
        "job": job,
        "says": said,
        "reason": reason,
        "fits": job.result.get("fits", True),
        "bar": drawn,
    }


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Whether it fits and what would, how long it takes, how large the networks are."""
    said = [_memory(found)]
    if found["train_s"] is not None:
        said.append(
            _("%(steps)s steps take about %(time)s on %(device)s; sample grids and the export come on top.")
            % {"steps": f"{found['steps']:,}", "time": span(found["train_s"]), "device": found["device"]}
        )
        if found.get("load", 0.0) > BUSY:
            said.append(_("Other work ran on the machine when this was measured: alone it takes less time."))
    counts = ", ".join(f"{name} {count:,}" for name, count in found["parameters"].items())
    return [*said, _("Parameters: %(networks)s.") % {"networks": counts}]


def _memory(found: Mapping[str, Any]) -> str:
    memory = filesizeformat(found["memory_bytes"])
    if not found["batches"]:
        need = filesizeformat(found["idle_bytes"] + sum(found["bytes"].values()))
        return _("It does not fit: the networks alone need %(need)s of %(memory)s.") % {"need": need, "memory": memory}
    whole = found["batches"][0]
    values = {
        "batch": whole["batch_size"],
        "need": filesizeformat(found["idle_bytes"] + whole["memory_bytes"]),
        "memory": memory,
        "smaller": found["suggested_batch"],
    }
    if found["fits"]:
        return _("It fits: batch %(batch)s needs about %(need)s of %(memory)s.") % values
    if found["suggested_batch"]:
        return _("It does not fit: batch %(batch)s needs about %(need)s of %(memory)s; %(smaller)s would fit.") % values
    return _("It does not fit, not even one item at a time: batch %(batch)s needs %(need)s of %(memory)s.") % values


def bar(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The memory that it needs of what there is, for a picture; None where that is not known."""
    there = found.get("memory_bytes")
    if not there:
        return None
    whole = found["batches"][0]["memory_bytes"] if found.get("batches") else sum(found["bytes"].values())
    need = found["idle_bytes"] + whole
    share = need / there
    return {
        "need": filesizeformat(need), "memory": filesizeformat(there), "percent": min(100, max(1, round(100 * share))),
        "too_much": not found.get("fits", True), "share": f"{round(100 * share)}\N{NO-BREAK SPACE}%",
    }  # fmt: skip


def offered() -> bool:
    """Whether some worker estimates."""
    return newest("kind", KIND) is not None


def listens() -> bool:
    """Whether a worker listens to the queue of estimates."""
    row = newest("kind", KIND)
    return row is not None and bool(presence.listening().get(queue_name(row.abilities.get("queue", ""))))


def newest_like(request: Request, user: User) -> Job | None:
    """The estimate that the person asked for lately of this very training, unless it came to nothing."""
    if not request.family:
        return None
    rows = Job.objects.filter(kind=KIND, submitted_by=user, family=request.family, project=request.project)
    rows = rows.filter(created_at__gt=clock.now() - LATELY, params=dict(request.params))
    data = {given.pk for given in request.inputs.values() if isinstance(given, DatasetVersion)}
    for job in rows.exclude(state__in=NOTHING).order_by("-pk").prefetch_related("inputs")[:5]:
        if {row.dataset_version_id for row in job.inputs.all() if row.dataset_version_id} == data:
            return job
    return None
