"""Devices: a card for each worker, as it said itself with its last beat of presence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from desk.home.sight import Sight
from desk.job.page import percent, title
from jobs.forecast import Scene
from jobs.models import Job, Listener, State
from jobs.presence import ALIVE

SHOWN = 24
FORGOTTEN = timedelta(hours=24)  # a worker that has been away for longer is no news
RUNNING = 200  # jobs that are looked at to say who runs what


def devices(sight: Sight, scene: Scene) -> list[dict[str, Any]]:
    """Live workers first, then those not heard of; two queries. Jobs of other people's projects have no name here."""
    rows: dict[str, list[Listener]] = {}
    for row in Listener.objects.filter(seen_at__gt=scene.now - FORGOTTEN).order_by("worker", "queue"):
        rows.setdefault(row.worker, []).append(row)
    busy = _busy(sight)
    found = [_device(name, own, busy.get(name, []), scene) for name, own in rows.items()]
    return sorted(found, key=lambda one: (not one["alive"], one["name"]))[:SHOWN]


def _busy(sight: Sight) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    running = Job.objects.filter(state=State.RUNNING).select_related("project").order_by("pk")
    for job in running[:RUNNING]:
        seen = sight.projects is None or job.project_id in set[UUID](sight.projects)
        said = {"job": job, "title": title(job), "percent": percent(job)} if seen else {"job": None}
        found.setdefault(job.worker, []).append(said)
    return found


def _device(name: str, rows: list[Listener], runs: list[dict[str, Any]], scene: Scene) -> dict[str, Any]:
    newest = max(rows, key=lambda row: row.seen_at)
    facts: Mapping[str, Any] = newest.facts or {}
    alive = newest.seen_at > scene.now - ALIVE
    return {
        "name": name,
        "device": facts.get("name") or facts.get("device") or "",
        "kind": facts.get("device", ""),
        "queues": [{"name": row.queue, "paused": row.queue in scene.paused} for row in rows],
        "alive": alive,
        "seen": newest.seen_at,
        "runs": runs,
        "meters": meters(facts) if alive else [],
        "notes": notes(facts) if alive else [],
    }


def meters(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is drawn as a bar: of load, memory and GPU as much as the worker knows; `full` is 0 to 100."""
    found = []
    if isinstance(load := facts.get("load"), int | float):
        says = f"{round(100 * load)} %"
        if cores := facts.get("cores"):
            says = _("%(percent)s of %(cores)s cores") % {"percent": says, "cores": cores}
        found.append({"name": _("Load (1 min)"), "full": _full(load, 1.0), "says": says})
    found += _share(_("Memory"), facts.get("memory_used_bytes"), facts.get("memory_bytes"))
    if isinstance(gpu := facts.get("gpu_load"), int | float):
        found.append({"name": _("GPU load"), "full": _full(gpu, 1.0), "says": f"{round(100 * gpu)} %"})
    found += _share(_("GPU memory"), facts.get("gpu_memory_used_bytes"), facts.get("gpu_memory_bytes"))
    total, free = facts.get("disk_total_bytes"), facts.get("disk_free_bytes")
    if total and free is not None:
        says = _("%(free)s free of %(total)s") % {"free": filesizeformat(free), "total": filesizeformat(total)}
        found.append({"name": _("Disk"), "full": _full(total - free, total), "says": says})
    return found


def notes(facts: Mapping[str, Any]) -> list[str]:
    """What is said in words: the temperature, and a broker that the worker does not reach."""
    found = []
    if isinstance(degrees := facts.get("temperature_c"), int | float):
        found.append(_("%(degrees)s °C") % {"degrees": round(degrees)})
    if facts.get("broker", "ok") != "ok":
        found.append(_("It does not reach the broker and looks for jobs every two seconds."))
    return found


def _share(name: str, used: Any, total: Any) -> list[dict[str, Any]]:
    if not total or used is None:
        return []
    says = _("%(used)s of %(total)s") % {"used": filesizeformat(used), "total": filesizeformat(total)}
    return [{"name": name, "full": _full(used, total), "says": says}]


def _full(part: float, whole: float) -> int:
    return round(100 * min(1.0, max(0.0, part / whole)))
