"""The rows of a platform, read from outside: what is lost, what was done twice. Nothing is ever written here."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBER = re.compile(r"\d+")
ENDED = ("succeeded", "failed", "errored", "cancelled")


@dataclass(frozen=True)
class Claimed:
    """A running claim."""

    job: str
    token: int
    worker: str


class Rows:
    """A read-only view of the SQLite database of a home. Ids are the 32 hexadecimal digits in which it keeps them."""

    kind = "SQLite"

    def __init__(self, database: Path) -> None:
        self.database = database

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as line:
            return line.execute(query, values).fetchall()

    def amid_a_write(self) -> bool:
        """Whether somebody who stands still holds the write lock; nothing is written."""
        with closing(sqlite3.connect(self.database, timeout=2, isolation_level=None)) as line:
            try:
                line.execute("BEGIN IMMEDIATE")
                line.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return True
        return False

    def claims(self, worker: str = "") -> list[Claimed]:
        """What runs now, of one worker (its name without the host) or of all."""
        rows = self.ask("SELECT id, token, worker FROM jobs_job WHERE state = 'running'")
        found = [Claimed(job, token, said.partition("@")[0]) for job, token, said in rows]
        return [one for one in found if worker in ("", one.worker)]

    def state(self, job: str) -> tuple[str, str]:
        """State and reason of a job."""
        return self.ask("SELECT state, state_reason FROM jobs_job WHERE id = ?", digits(job))[0]

    def unfinished(self, jobs: Collection[str]) -> list[str]:
        """Those of some jobs that have not ended."""
        ended = {job for (job,) in self.ask(f"SELECT id FROM jobs_job WHERE state IN {ENDED}")}
        return [job for job in jobs if digits(job) not in ended]

    def lost(self, jobs: Iterable[str]) -> list[str]:
        """Jobs that did not succeed, or succeeded without their effect, each with what it says."""
        found = []
        for job in jobs:
            kind, state, reason, params = self.ask(
                "SELECT kind, state, state_reason, json_extract(params, '$.count') FROM jobs_job WHERE id = ?",
                digits(job),
            )[0]
            wanted = int(params) if kind == "generate" else 1
            if state != "succeeded" or self.effects(kind, job) < wanted:
                found.append(f"{kind} {job} is {state}: {reason}")
        return found

    def effects(self, kind: str, job: str) -> int:
        """How often the job had its effect: artifacts, model versions, data set versions that are ready."""
        query = {
            "generate": 'SELECT count(DISTINCT "index") FROM lineage_artifact WHERE job_id = ?',
            "train": "SELECT count(*) FROM catalog_modelversion WHERE job_id = ?",
            "ingest": "SELECT count(*) FROM jobs_jobinput AS i JOIN catalog_datasetversion AS v "
            "ON v.id = i.dataset_version_id WHERE i.job_id = ? AND i.role = 'into' AND v.state = 'ready'",
            "verify": "SELECT count(*) FROM jobs_job WHERE id = ? AND CAST(result AS text) LIKE '%verdict%'",
        }[kind]
        return int(self.ask(query, digits(job))[0][0])

    def duplicates(self, jobs: Iterable[str]) -> int:
        """Effects beyond the first: further artifacts or versions of a job, and further ends of it in the log."""
        found = 0
        for job in map(digits, jobs):
            kind, count = self.ask("SELECT kind, json_extract(params, '$.count') FROM jobs_job WHERE id = ?", job)[0]
            made = "SELECT count(*) FROM lineage_artifact WHERE job_id = ?"
            wanted, query = (int(count), made) if kind == "generate" else (1, self._versions(kind))
            found += max(0, self.ask(query, job)[0][0] - wanted) if query else 0
            found += max(0, self.ends(job) - 1)
        return found

    @staticmethod
    def _versions(kind: str) -> str:
        return "SELECT count(*) FROM catalog_modelversion WHERE job_id = ?" if kind == "train" else ""

    def ends(self, job: str) -> int:
        """How often the log says that the job succeeded."""
        query = (
            "SELECT count(*) FROM audit_auditevent WHERE verb = 'job.succeeded' AND replace(subject_id, '-', '') = ?"
        )
        return int(self.ask(query, digits(job))[0][0])

    def attempts(self, job: str) -> list[tuple[int, str, str, str]]:
        """Token, worker, outcome and reason of each attempt."""
        query = "SELECT token, worker, outcome, reason FROM jobs_attempt WHERE job_id = ? ORDER BY token"
        return self.ask(query, digits(job))

    def two_owners(self) -> int:
        """Tokens that were claimed more than once, by what the log says."""
        query = """SELECT count(*) - count(DISTINCT e.subject_id || '/' || json_extract(d.detail, '$.attempt'))
            FROM audit_auditevent AS e JOIN audit_auditdetail AS d ON d.event_id = e.id WHERE e.verb = 'job.running'"""
        return int(self.ask(query)[0][0])

    def progress(self, job: str) -> int:
        """What the row says is done."""
        return int(self.ask("SELECT done FROM jobs_job WHERE id = ?", digits(job))[0][0])

    def resumed(self, job: str, times: int) -> int:
        """The step at which a training went on for the nth time; 0 where it has not yet."""
        query = """SELECT json_extract(data, '$.message') FROM jobs_jobevent WHERE job_id = ? AND type = 'log'
            AND json_extract(data, '$.message') LIKE 'goes on from step %' ORDER BY id"""
        said = self.ask(query, digits(job))
        return int(NUMBER.search(said[times - 1][0])[0]) if len(said) >= times > 0 else 0  # type: ignore[index]

    def weights(self, job: str) -> str:
        """The digest of the weights that a training came to."""
        files = self.ask("SELECT files FROM catalog_modelversion WHERE job_id = ?", digits(job))[0][0]
        return str((json.loads(files) if isinstance(files, str) else files)["weights.safetensors"])

    def queued_again(self, job: str) -> int:
        """How often the job went back into the queue, by what the log says."""
        query = "SELECT count(*) FROM audit_auditevent WHERE verb = 'job.queued' AND replace(subject_id, '-', '') = ?"
        return int(self.ask(query, digits(job))[0][0])

    def by_key(self, key: str) -> str:
        """The job that was submitted under an Idempotency-Key; "" where there is none."""
        return next((job for (job,) in self.ask("SELECT id FROM jobs_job WHERE idempotency_key = ?", key)), "")

    def kept_at(self, jobs: Iterable[str]) -> list[tuple[float, float]]:
        """When the first and the last artifact of each job that has some were kept (Unix seconds)."""
        query = """SELECT job_id, (min(julianday(created_at)) - 2440587.5) * 86400,
            (max(julianday(created_at)) - 2440587.5) * 86400 FROM lineage_artifact GROUP BY job_id"""
        found = {job: (float(first), float(last)) for job, first, last in self.ask(query)}
        return [found[job] for job in map(digits, jobs) if job in found]

    def waited_s(self, job: str) -> float:
        """Seconds from the submission to the first start."""
        query = "SELECT (julianday(started_at) - julianday(created_at)) * 86400 FROM jobs_job WHERE id = ?"
        return float(self.ask(query, digits(job))[0][0])


def digits(job: str) -> str:
    """An id as SQLite keeps it."""
    return job.replace("-", "")
