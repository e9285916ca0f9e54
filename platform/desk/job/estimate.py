"""What an estimate found, in sentences of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.words.sentences import in_language
from jobs.models import Job, State

KIND = "estimate"
SOON_S, LONG_S = 90, 5400  # below: seconds; above: hours
BUSY = 0.5  # processes for each processor: beside them a step takes noticeably longer


def estimated(job: Job) -> dict[str, Any]:
    """The answer as far as there is one: `says`, or the reason why there is none (yet)."""
    said = sentences(job.result) if job.state == State.SUCCEEDED and job.kind == KIND else []
    reason = in_language(job.error_detail or job.state_reason)
    return {"job": job, "says": said, "reason": reason, "fits": job.result.get("fits", True)}


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


def span(seconds: float) -> str:
    """A time in words."""
    if seconds < SOON_S:
        count = max(1, round(seconds))
        return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}
    if seconds < LONG_S:
        count = round(seconds / 60)
        return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}
    count = round(seconds / 3600)
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}
