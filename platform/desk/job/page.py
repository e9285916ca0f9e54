"""What the page of a job shows: progress, curve, samples, log, and what may be asked of it now."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.models import User
from accounts.services import may_steer
from desk.job.pictures import sample_address
from desk.job.steps import steps
from desk.job.waiting import told
from desk.words.sentences import in_language
from jobs.curves import Curves, curves, event_file, thinned
from jobs.models import Job, State

CURVE_POINTS = 400
NAMED_BY_US = ("ingest", "verify")  # kinds whose jobs people give no name
ASKS = {
    "pause": (gettext_noop("Pause"), "pause", (State.QUEUED, State.RUNNING)),
    "resume": (gettext_noop("Resume"), "play_arrow", (State.PAUSED,)),
    "retry": (gettext_noop("Try again"), "replay", (State.FAILED, State.ERRORED, State.CANCELLED)),
    "cancel": (gettext_noop("Cancel"), "close", (State.HELD, State.QUEUED, State.RUNNING, State.PAUSED)),
}
COLOURS = {
    State.HELD: "warning",
    State.QUEUED: "default",
    State.RUNNING: "info",
    State.PAUSED: "warning",
    State.SUCCEEDED: "success",
    State.FAILED: "danger",
    State.ERRORED: "danger",
    State.CANCELLED: "default",
}


def live(job: Job, user: User) -> dict[str, Any]:
    """The part of the page that changes while the job runs."""
    waits, levels = told(job), steps(job)
    return {
        "job": job,
        "left_cancelled": left_cancelled(job, levels),
        "warnings": [in_language(one["detail"]) for one in job.forecast.get("warnings", ())] if not job.ended else [],
        "reason": waits["reason"],
        "expected": waits["lines"],
        "colour": COLOURS[State(job.state)],
        "percent": percent(job),
        "done": _("%(done)s of %(total)s %(unit)s")
        % {"done": f"{job.done:,}", "total": f"{job.total:,}", "unit": in_language(job.unit)},
        "left": time_left(job.eta_s) if job.state == State.RUNNING else "",
        "asks": asks(job, user),
        "steps": [[_step(one, job) for one in level] for level in levels],
        "event_file": f"/api/v1/jobs/{job.pk}/tensorboard" if event_file(job) else "",
        "not_exact": [in_language(why) for why in job.facts.get("exact_why", ())],
        "error": in_language(job.error_detail) if job.error_detail != job.state_reason else "",
        "error_facts": error_facts(job),
    }


def left_cancelled(job: Job, levels: list[list[Job]]) -> bool:
    """Whether jobs that were to come after this one stay cancelled, also when it is tried again."""
    here = next((place for place, level in enumerate(levels) if job in level), len(levels))
    after = [one for level in levels[here + 1 :] for one in level]
    return job.state != State.SUCCEEDED and any(one.state == State.CANCELLED for one in after)


def _step(one: Job, current: Job) -> dict[str, Any]:
    kind = in_language(one.kind) if one.name else ""
    said = {"job": one, "kind": kind, "title": title(one), "colour": COLOURS[State(one.state)]}
    return said | {"current": one.pk == current.pk}


def title(job: Job) -> str:
    """The name that people gave it; one that the platform gave (`ingest digits v1`) in the reader's language."""
    if job.kind in NAMED_BY_US and job.name.startswith(f"{job.kind} "):
        return f"{in_language(job.kind)} {job.name[len(job.kind) + 1 :]}"
    return job.name or f"{in_language(job.kind)} {str(job.pk)[-8:]}"


def of_letters(job: Job) -> bool:
    """Whether its sheets are to be read: of what is no picture they are shown as large as they were drawn."""
    rows = job.inputs.select_related("dataset_version__dataset", "model_version")
    kinds = {row.model_version.modality for row in rows if row.model_version}
    kinds |= {row.dataset_version.dataset.modality for row in rows if row.dataset_version}
    return bool(kinds - {"image"})


def error_facts(job: Job) -> list[tuple[str, str]]:
    """What stands beside the sentence of an error: the place, what was expected and what came."""
    names = {"field": _("Place"), "expected": _("Expected"), "got": _("Got")}
    return [(names[name], _plain(job.error_facts[name])) for name in names if job.error_facts.get(name) is not None]


def _plain(value: Any) -> str:
    return in_language(written(value))


def written(value: Any) -> str:
    """A value as people write it: yes or no, a list with commas between its parts."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(map(written, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {written(part)}" for name, part in value.items())
    return str(value)


def parameters(job: Job) -> list[tuple[str, str]]:
    """What was asked for beside the inputs, without what was left empty."""
    return [(name, written(value)) for name, value in job.params.items() if value or value == 0]


def percent(job: Job) -> int:
    """How much is done, 0 to 100."""
    return min(100, round(100 * job.done / job.total)) if job.total else 0


def time_left(seconds: float | None) -> str:
    """About how long it still takes, in words; "" where nobody knows."""
    if seconds is None:
        return ""
    if seconds < 90:
        count = max(1, round(seconds))
        return ngettext("about %(count)s second left", "about %(count)s seconds left", count) % {"count": count}
    if seconds < 5400:
        count = round(seconds / 60)
        return ngettext("about %(count)s minute left", "about %(count)s minutes left", count) % {"count": count}
    count = round(seconds / 3600)
    return ngettext("about %(count)s hour left", "about %(count)s hours left", count) % {"count": count}


def asks(job: Job, user: User) -> list[dict[str, str]]:
    """The buttons: what the person may ask of the job in its present state."""
    if not may_steer(user, job.project):
        return []
    return [
        {"name": name, "title": _(title), "icon": icon}
        for name, (title, icon, states) in ASKS.items()
        if job.state in states and job.wants not in (name, "cancel")
    ]


def curve(job: Job) -> Curves:
    """Each series as [step, value] points, at most CURVE_POINTS."""
    return {name: thinned(points, CURVE_POINTS) for name, points in curves(job).items()}


def samples(job: Job) -> list[dict[str, Any]]:
    """The sample grids, oldest first, each with its step and address."""
    rows = job.events.filter(type="sample").order_by("id").values_list("data", flat=True)
    return [{"step": said["step"], "url": sample_address(job.pk, said["step"])} for said in rows]


def growing(job: Job) -> list[tuple[int, str]]:
    """Texts in the making, (index, what there is of it), as far as the engine has said."""
    texts: dict[int, str] = {}
    for said in job.events.filter(type="partial").order_by("pk").values_list("data", flat=True):
        for piece in said["pieces"]:
            texts[piece["index"]] = texts.get(piece["index"], "")[: piece["at"]] + piece["text"]
    return sorted(texts.items())
