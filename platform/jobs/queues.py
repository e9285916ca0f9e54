"""Queues as operators see them: what waits and runs there, who listens, and whether they are paused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from accounts.services import require_operator
from audit.services import append
from catalog.plugins import available
from config import clock
from jobs import presence, wake
from jobs.depth import Depth, depths
from jobs.models import Job, Listener, QueuePause, State
from jobs.plain_text import check_texts
from jobs.queue_pause import paused
from jobs.submission import queue_name
from models_store.errors import InvalidInput, NotFound

LONGEST_REASON = 200


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue now: how many jobs wait (more than `depth` where `more`) and run, its pause, its live workers."""

    name: str
    depth: int
    more: bool
    running: int
    pause: QueuePause | None
    workers: list[Listener]


def queues() -> list[Queue]:
    """All queues that have a worker, a job or a pause, or that a job could be sent to; by name."""
    waiting, nothing = depths(), Depth()
    running = dict(Job.objects.filter(state=State.RUNNING).order_by().values_list("queue").annotate(n=Count("pk")))
    stopped, live = paused(), presence.listening()
    offered = {queue_name(kind.abilities["queue"]) for kind in available("kind")}
    return [
        Queue(
            name=name,
            depth=waiting.get(name, nothing).count,
            more=waiting.get(name, nothing).more,
            running=running.get(name, 0),
            pause=stopped.get(name),
            workers=live.get(name, []),
        )
        for name in sorted(offered | set(stopped) | set(live) | set(waiting) | set(running))
    ]


def pause_queue(name: str, *, actor: User, reason: str = "") -> QueuePause:
    """Let nothing be claimed from a queue, whoever restarts; what runs goes on. A second pause changes nothing."""
    require_operator(actor)
    if len(reason) > LONGEST_REASON or "\0" in reason:
        expected = f"a text of at most {LONGEST_REASON} characters, without NUL"
        raise InvalidInput("reason is a text.", field="reason", expected=expected, got=reason)
    known = {queue.name for queue in queues()}
    if name not in known:
        raise NotFound(f"There is no queue {name!r}.", field="queue", expected=sorted(known), got=name)
    with transaction.atomic():
        facts = {"reason": reason, "paused_by": actor, "paused_at": clock.now()}
        row, fresh = QueuePause.objects.get_or_create(queue=name, defaults=facts)
        if fresh:
            append(actor=actor.username, verb="queue.paused", subject=("queue", name), detail={"reason": reason})
    return row


def resume_queue(name: str, *, actor: User) -> None:
    """Let a queue go on; one that is not paused stays as it is."""
    require_operator(actor)
    check_texts({"queue": name})
    with transaction.atomic():
        ended, _ = QueuePause.objects.filter(queue=name).delete()
        if ended:
            append(actor=actor.username, verb="queue.resumed", subject=("queue", name))
            transaction.on_commit(partial(wake.wake, name), robust=True)
