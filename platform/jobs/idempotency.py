"""A job that was asked for before under the same key: for a day it is that job, then the key is free again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import User
from config import clock
from jobs.models import Job
from models_store.canonical import digest
from models_store.errors import Conflict

KEPT_FOR = timedelta(hours=24)


class IdempotencyConflict(Conflict):
    """The Idempotency-Key was used before with another body."""

    code = "idempotency_conflict"


class InProgress(Conflict):
    """The first request under this Idempotency-Key still runs: ask again in a moment."""

    code, retry = "idempotency_in_progress", True


@dataclass(frozen=True)
class Asked:
    """A key, and what has to be the same when it comes again."""

    key: str
    said: Mapping[str, Any]


def repeated(key: str | None, said: Mapping[str, Any], actor: User) -> Job | None:
    """The job that the person's key stands for; None where it is fresh, or older than a day: then it is given up.

    Raises IdempotencyConflict where the key came with something else.
    """
    job = Job.objects.filter(submitted_by=actor, idempotency_key=key).first() if key else None
    if job is None:
        return None
    if job.created_at <= clock.now() - KEPT_FOR:
        Job.objects.filter(pk=job.pk, idempotency_key=key).update(idempotency_key=None)
        return None
    if job.body_digest != body_digest(said):
        raise IdempotencyConflict(field="Idempotency-Key", got=key, job=str(job.pk))
    return job


def body_digest(said: Mapping[str, Any]) -> str:
    """Of a body as it came: a seed may be a number that has no canonical form."""
    return digest(json.dumps(said, sort_keys=True, default=str).encode()) if said else ""
