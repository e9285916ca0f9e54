"""A million jobs, artifacts and events of two projects, made within the database, second by second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Project, User
from audit.models import AuditEvent
from benchmarks.many_rows import either, multiply
from catalog.models import Model, ModelVersion
from jobs.models import Job, JobInput, Schedule, State, Window
from lineage.models import Artifact
from models_store.ids import first_id
from tests import builders

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # row number i was made i seconds later
KINDS = ("train", "generate", "evaluate", "ingest", "verify")
RESTING = ("succeeded", "failed", "queued", "held", "paused", "errored", "cancelled")
RUNNING = 40  # jobs, however many others there are


@dataclass(frozen=True)
class Things:
    """What all the rows hang on."""

    homes: tuple[Project, Project]
    owner: User
    model: Model
    versions: tuple[ModelVersion, ...]
    window: Window
    schedule: Schedule
    maker: Job

    @classmethod
    def make(cls, homes: tuple[Project, Project], owner: User) -> Things:
        """Once."""
        versions = tuple(builders.model_version(homes[0], owner, name="many") for _ in range(3))
        window = Window.objects.create(
            project=homes[0], name="nights", timezone="UTC", hours=[], created_by=owner, created_at=BEGAN
        )
        schedule = Schedule.objects.create(
            project=homes[0], name="nightly", timezone="UTC", submitted_by=owner, created_at=BEGAN
        )
        maker = builders.job(homes[0], owner, "generate", state=State.SUCCEEDED, id=_id_at(0))
        for number in range(RUNNING):
            builders.job(homes[number % 2], owner, state=State.RUNNING, id=_id_at(number + 1), kind=KINDS[number % 5])
        return cls(homes, owner, versions[0].model, versions, window, schedule, maker)


def at(second: int) -> datetime:
    """When row number `second` was made."""
    return BEGAN + timedelta(seconds=second)


def _id_at(number: int) -> Any:
    return first_id(BEGAN - timedelta(seconds=number + 1))


def fill(things: Things, first: int, last: int) -> None:
    """Rows number `first` + 1 to `last` of each kind."""
    count = last - first
    number = f"(i + {first})"
    job = Job(
        project=things.homes[0], kind="train", state="queued", queue="io", seed="7", submitted_by=things.owner,
        created_at=BEGAN,
    )  # fmt: skip
    homes = _one_of(things.homes, number)
    multiply(
        job, count, id=_ids(number, 1), created_at=_moment(number), project_id=homes,
        kind=_words(KINDS, number), state=_words(RESTING, number),
        name=f"CASE {number} %% 11 WHEN 0 THEN 'of many' ELSE '' END",
        window_id=_seldom(things.window.pk, number, 6), schedule_id=_seldom(things.schedule.pk, number, 10),
    )  # fmt: skip
    _inputs(things, first, last)
    made = Artifact(
        job=things.maker, project=things.homes[0], model_version=things.versions[0], sha256="", content_sha256="",
        media_type="image/png", size=1, seed="1", stage="approved", created_at=BEGAN, index=0,
    )  # fmt: skip
    multiply(
        made, count, id=_ids(number, 2), created_at=_moment(number), index=number,
        sha256=f"CASE {number} %% 10 WHEN 0 THEN 'the same' ELSE 'one ' || {number} END",
        model_version_id=_one_of(things.versions, number),
    )  # fmt: skip
    event = AuditEvent(actor="worker", verb="", leaf=b"{}", at=BEGAN, subject_kind="job", subject_id="")
    multiply(
        event, count, id=_ids(number, 3), at=_moment(number), index=f"{number} + 10000000", project_id=homes,
        actor=_words(("worker", "rita", "robot"), number),
        verb=_words(("job.queued", "job.running", "job.succeeded", "job.submitted"), number),
        subject_id=f"'subject ' || ({number} / 25)",
    )  # fmt: skip


def _inputs(things: Things, first: int, last: int) -> None:
    """Each job of the first project that generates works on a version of the model."""
    table, jobs = JobInput._meta.db_table, Job._meta.db_table
    version = _one_of(things.versions, "b.n")
    home = _key(things.homes[0].pk)
    jobs = (
        f"SELECT id, row_number() OVER (ORDER BY id) AS n FROM {jobs} WHERE kind = 'generate' AND project_id = {home} "
        f"AND created_at > '{at(first)}' AND created_at <= '{at(last)}'"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (job_id, role, model_version_id, upload_sha256, upload_name, named) "
            f"SELECT b.id, 'model', {version.replace('%%', '%')}, '', '', '' FROM ({jobs}) b"
        )


def _ids(number: str, kind: int) -> str:
    ms = f"{int(BEGAN.timestamp()) * 1000} + {number} * 1000"
    tail = f"700{kind}8000000000000000"
    if connection.vendor == "sqlite":
        return f"printf('%%012x', {ms}) || '{tail}'"
    return f"CAST(lpad(to_hex(CAST({ms} AS bigint)), 12, '0') || '{tail}' AS uuid)"


def _moment(number: str) -> str:
    seconds = f"{int(BEGAN.timestamp())} + {number}"
    if connection.vendor == "sqlite":
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', {seconds}, 'unixepoch')"
    return f"to_timestamp({seconds})"


def _words(words: tuple[str, ...], number: str) -> str:
    return either(*words).replace("CASE i", f"CASE {number}")


def _one_of(rows: Iterable[Any], number: str) -> str:
    keys = [_key(row.pk) for row in rows]
    cases = " ".join(f"WHEN {place} THEN {key}" for place, key in enumerate(keys))
    return f"CASE {number} %% {len(keys)} {cases} END"


def _seldom(pk: Any, number: str, every: int) -> str:
    return f"CASE {number} %% {every} WHEN 0 THEN {_key(pk)} END"


def _key(pk: Any) -> str:
    return f"'{pk.hex}'" if connection.vendor == "sqlite" else f"CAST('{pk}' AS uuid)"
