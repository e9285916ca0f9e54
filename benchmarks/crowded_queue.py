"""How much work one claim is for the database where many jobs wait: SQLite's VM steps, PostgreSQL's shared buffers.

`python -m benchmarks.crowded_queue COUNT ...` prints JSON {case: {count: work}}; KILNMARK_HOME names a prepared home,
DATABASE_URL its database. Counts are exact: no clock is read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.home import ROOT

if TYPE_CHECKING:
    from accounts.models import Project, User

QUEUE = "train.cpu"
PROJECTS = 20
AT_ONCE = 5000  # rows of one INSERT


@dataclass
class Work:
    """What was counted: SQLite's VM steps or PostgreSQL's shared buffers."""

    done: int = 0


def crowd(count: int, actor: User) -> list[Project]:
    """So many queued jobs, shared out over the projects in turn."""
    from accounts.models import Project
    from config import clock
    from jobs.models import Job

    projects = [
        Project.objects.get_or_create(slug=f"crowd-{number}", defaults={"share_used": 1e9 + number})[0]
        for number in range(PROJECTS)
    ]
    facts: dict[str, Any] = {"kind": "train", "queue": QUEUE, "seed": "1", "submitted_by": actor}
    rows = (Job(project=projects[place % PROJECTS], created_at=clock.now(), **facts) for place in range(count))
    Job.objects.bulk_create(rows, batch_size=AT_ONCE)
    return projects


def free_for_all(projects: list[Project], actor: User) -> None:
    """Every project may run."""


def over_quota(projects: list[Project], actor: User) -> None:
    """All but one job are of the project whose turn it is, and it may not run one more."""
    from accounts.models import Project
    from jobs.models import Job, State

    *_, last = Job.objects.filter(queue=QUEUE, state=State.QUEUED).order_by("pk").values_list("pk", flat=True)
    Job.objects.filter(queue=QUEUE, state=State.QUEUED).exclude(pk=last).update(project=projects[0])
    Project.objects.filter(pk=projects[0].pk).update(max_device_hours=1e-9)
    _used(projects[0])


def closed_window(projects: list[Project], actor: User) -> None:
    """All but the last job wait for a window of their project that does not open."""
    from accounts.models import Project
    from config import clock
    from jobs.models import Job, State, Window

    shut = Window.objects.create(
        project=projects[0], name=f"shut {clock.now()}", timezone="UTC", created_by=actor, created_at=clock.now()
    )
    queued = Job.objects.filter(queue=QUEUE, state=State.QUEUED)
    queued.update(project=projects[0], window=shut)
    queued.filter(pk=queued.order_by("-pk").values("pk")[:1]).update(window=None, priority=-1)
    Project.objects.filter(pk=projects[0].pk).update(max_device_hours=0)


CASES: dict[str, Callable[[list[Project], User], None]] = {
    "all may run": free_for_all,
    "all but one over quota": over_quota,
    "all but one in a closed window": closed_window,
}


def _used(project: Project) -> None:
    from config import clock
    from jobs.models import DeviceUse

    DeviceUse.objects.get_or_create(project=project, day=clock.now().date(), defaults={"seconds": 3600.0})


@contextmanager
def counted() -> Iterator[Work]:
    """Counts the database's work for what is done inside."""
    from django.db import connection

    work = Work()
    watch = _steps if connection.vendor == "sqlite" else _buffers
    with watch(work):
        yield work


@contextmanager
def _steps(work: Work) -> Iterator[None]:
    """SQLite calls back at each step of its virtual machine (sqlite3_progress_handler, n = 1)."""
    from django.db import connection

    def step() -> int:
        work.done += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(step, 1)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 1)


@contextmanager
def _buffers(work: Work) -> Iterator[None]:
    """Each query and write is done once more before it is done: EXPLAIN (ANALYZE, BUFFERS) counts, and is undone."""
    from django.db import connection

    def explained(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "INSERT") and "jobs_" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute("SAVEPOINT counted")
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0][0]["Plan"]
                cursor.execute("ROLLBACK TO SAVEPOINT counted")
            work.done += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield


def claim_work() -> int:
    """The work of one claim, which is taken back."""
    from django.db import connection, transaction

    from jobs.claim import claim_together

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE jobs_job")  # as its own daemon does
    with transaction.atomic(), counted() as work:
        if not claim_together(QUEUE, "bench"):
            raise RuntimeError("nothing was claimed")
        transaction.set_rollback(True)
    return work.done


def main(counts: list[int]) -> None:
    """One number after the other, ascending; every case at each."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from accounts.models import User
    from jobs import wake
    from jobs.models import Job

    wake.bell.send = lambda queue: None
    actor = User.objects.earliest("pk")
    found: dict[str, dict[int, int]] = {name: {} for name in CASES}
    for count in counts:
        Job.objects.filter(queue=QUEUE).delete()
        projects = crowd(count, actor)
        for name, arrange in CASES.items():
            arrange(projects, actor)
            found[name][count] = claim_work()
    print(json.dumps(found))


if __name__ == "__main__":
    main([int(said) for said in sys.argv[1:]])
