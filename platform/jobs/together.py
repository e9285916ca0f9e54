"""Small jobs over the same models that share batches: they are taken together with the one whose turn it is.

A batch is padded to one shape whether it is full or not, what joins is small, what they make together is bounded, and
each project is charged for its part. A job that was tried before runs alone, so that one that brings its fellows down
does so once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, zip_longest
from typing import TypeVar
from uuid import UUID

from django.db import connection

from catalog.models import ModelVersion
from jobs.models import Job, State
from jobs.pace import size_of
from jobs.pick import CLAIMED, ORDER
from jobs.request import Request
from jobs.window_state import stand, windows_now
from models_store.canonical import canonical, digest

T = TypeVar("T")
MOST_JOBS = 32  # of one batch
MOST_ITEMS = 64  # of a job that may join others
MOST_TOGETHER = 512  # items of all that run together: a second or two for small pictures
LOOKED_FOR = (
    "project", "pk", "attempts_made", "not_before", "window", "project__max_running", "project__max_device_hours",
    "forecast__size",
)  # fmt: skip
LOOKED_AT = 8 * MOST_JOBS  # jobs of one key, the most urgent first; what a claim reads does not grow beyond them


def batch_key(request: Request) -> str:
    """What jobs have in common that may share batches: models by role, and the path; "" for a job that runs alone.

    A model is open on one path, so a job that asks for another would get artifacts of the first one's.
    """
    models = {role: given for role, given in request.inputs.items() if isinstance(given, ModelVersion)}
    size = size_of(request.kind, request.params)
    if not request.shares_batches or len(models) < len(request.inputs) or size is None or size > MOST_ITEMS:
        return ""
    said = {role: str(model.pk) for role, model in models.items()} | {"kind": request.kind}
    return digest(canonical(said | ({"path": path} if (path := request.params.get("path")) else {})))


def company(first: Job, queue: str, now: datetime) -> list[Job]:
    """Queued jobs that may run with this one, locked where the database can skip locked rows.

    Jobs of a project with a limit on running jobs join nobody, those with one on device hours only their own. Such as
    may not start now are passed over, though they are among those that are looked at.
    """
    if not first.batch_key or first.attempts_made:
        return []
    line = Job.objects.filter(queue=queue, batch_key=first.batch_key, state=State.QUEUED).exclude(pk=first.pk)
    alike = line.exclude(batch_key="").order_by(*ORDER)  # SQLite has to be told, to take the index of just these
    opened = {one.pk for one in windows_now() if stand(one, now).open} | {None}
    urgent = [
        (project, (job, size or MOST_ITEMS))
        for project, job, tried, soonest, window, most, hours, size in alike.values_list(*LOOKED_FOR)[:LOOKED_AT]
        if not tried and window in opened and (soonest is None or soonest <= now)
        and not most and (not hours or project == first.project_id)
    ]  # fmt: skip
    chosen = _that_fit(in_turn(urgent), MOST_TOGETHER - MOST_ITEMS)
    rows = Job.objects.filter(pk__in=chosen, state=State.QUEUED).only(*CLAIMED)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return sorted(rows, key=lambda job: chosen.index(job.pk)) if chosen else []


def _that_fit(jobs: Iterable[tuple[UUID, float]], room: float) -> list[UUID]:
    """Jobs (id, items) one after the other, while there is room for their items."""
    chosen = []
    for job, size in jobs:
        room -= size
        if room < 0 or len(chosen) == MOST_JOBS - 1:
            break
        chosen.append(job)
    return chosen


def in_turn(jobs: Sequence[tuple[UUID, T]]) -> list[T]:
    """Jobs (project, job) in such an order that projects take turns; those of one project keep theirs."""
    lines: dict[UUID, list[T]] = {}
    for project, job in jobs:
        lines.setdefault(project, []).append(job)
    rounds: Iterator[T | None] = chain.from_iterable(zip_longest(*lines.values()))
    return [job for job in rounds if job is not None]
