"""A new job like an earlier one; it is checked afresh against what workers offer today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from jobs.models import Job
from jobs.submission import send
from models_store.errors import InvalidInput

CHANGES = ("params", "name", "seed", "priority", "window")


def body_of(job: Job) -> dict[str, Any]:
    """The submission that would make this job; it keeps the seed, so that the same comes out.

    It waits for no job that this one came after, unless that job has yet to make an input of it.
    """
    inputs = {row.role: row.said() for row in job.inputs.all()}
    texts = {"name": job.name, "purpose": job.purpose, "intended_use": job.intended_use, "family": job.family}
    facts = {"kind": job.kind, "project": job.project.slug, "inputs": inputs, "params": job.params, "seed": job.seed}
    window = {"window": str(job.window_id)} if job.window_id else {}
    return facts | window | {"priority": job.priority} | {name: said for name, said in texts.items() if said}


def clone(
    job: Job, *, actor: User, changes: Mapping[str, Any] | None = None, idempotency_key: str | None = None
) -> tuple[Job, bool]:
    """Submit a copy with some changes; parameters that are not named stay. Returns the job and whether it is new."""
    said = dict(changes or {})
    if unknown := sorted(set(said) - set(CHANGES)):
        raise InvalidInput(
            "A clone cannot change this.", code="unknown_field", field=unknown[0], expected=list(CHANGES)
        )
    body = body_of(job)
    params = said.pop("params", {})
    if not isinstance(params, Mapping):
        raise InvalidInput("Parameters are an object of names and values.", field="params", expected="object")
    body |= said | {"params": body["params"] | dict(params)}
    asked = {"clone": str(job.pk)} | dict(changes or {})  # its body may be another by the time this is repeated
    return send(body, actor=actor, idempotency_key=idempotency_key, said=asked)
