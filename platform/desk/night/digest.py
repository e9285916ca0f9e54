"""A digest in words, for the page and for the mail."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from desk.job.amounts import duration
from desk.job.page import COLOURS, percent, title
from desk.job.pictures import sample_address
from desk.night.times import local, zone_name
from desk.words.sentences import in_language
from jobs.digest import Digest, Planned
from jobs.models import Job, State
from jobs.waiting import waiting_of


def in_words(digest: Digest) -> dict[str, Any]:
    """What templates show; times by the clock whose zone is active."""
    return {
        "begin": local(digest.begin),
        "end": local(digest.end),
        "zone": zone_name(),
        "counts": digest.counts,
        "held": [_line(job) | {"reason": in_language(job.state_reason)} for job in digest.held],
        "finished": [_ended(job) for job in digest.finished],
        "failed": [_ended(job) for job in digest.failed],
        "running": [_running(job) for job in digest.running],
        "samples": [
            {
                "job": one.job, "title": title(one.job), "step": one.step,
                "url": sample_address(one.job.pk, one.step),
            }
            for one in digest.samples
        ],
        "devices": [
            {
                "worker": one.worker, "device": one.device, "used": duration(one.used_s),
                "idle": "" if one.idle_s is None else duration(one.idle_s),
                "percent": round(100 * one.used_s / max(1.0, (digest.end - digest.begin).total_seconds())),
            }
            for one in digest.devices
        ],
        "plan": [_planned(one) for one in digest.plan],
        "alarms": [in_language(one) for one in digest.alarms],
    }  # fmt: skip


def _line(job: Job) -> dict[str, Any]:
    return {
        "job": job, "title": title(job), "kind": in_language(job.kind), "state": job.get_state_display(),
        "colour": COLOURS[State(job.state)], "project": job.project.slug,
    }  # fmt: skip


def _ended(job: Job) -> dict[str, Any]:
    took = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None
    why = in_language(job.state_reason or job.error_detail)
    return _line(job) | {
        "at": local(job.finished_at) if job.finished_at else "", "took": "" if took is None else duration(took),
        "reason": why, "code": job.error_code,
    }  # fmt: skip


def _running(job: Job) -> dict[str, Any]:
    found = waiting_of(job)
    until = _("ends about %(when)s") % {"when": local(found.end.p50)} if found and found.end else ""
    return _line(job) | {"percent": percent(job), "until": until}


def _planned(one: Planned) -> dict[str, Any]:
    if one.schedule:
        when = local(one.schedule.next_due) if one.schedule.next_due else ""
        said = {"name": str(one.schedule), "project": one.schedule.project.slug, "reason": _("recurring job, due then")}
        return said | {"when": when, "until": "", "window": ""}
    job, found = one.job, one.waiting
    said = {"job": job, "name": title(job), "project": job.project.slug, "reason": in_language(found.reason)}
    return said | {
        "when": local(found.start.p50) if found.start else "",
        "until": local(found.end.p90) if found.end else "",
        "window": str(job.window or ""),
    }
