"""Which events of the log are told outside, under which type, and the body of a message: thin, without any person."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from audit.leaves import moment
from audit.models import AuditEvent
from webhooks.models import Webhook

PING = "webhook.ping"
OF_VERBS = {
    "alias.moved": "alias.moved",
    "alias.proposed": "alias.proposed",
    "alias.rejected": "alias.rejected",
    "alias.removed": "alias.removed",
    "alias.withdrawn": "alias.withdrawn",
    "artifact.flagged": "artifact.flagged",
    "artifact.withdrawn": "artifact.withdrawn",
    "artifacts.released": "artifacts.released",
    "dataset.declared": "data.declared",
    "dataset.erased": "data.erased",
    "dataset_version.approved": "data.approved",
    "dataset_version.ready": "data.ready",
    "dataset_version.rejected": "data.rejected",
    "job.cancelled": "job.cancelled",
    "job.errored": "job.failed",
    "job.failed": "job.failed",
    "job.held": "job.held",
    "job.paused": "job.paused",
    "job.running": "job.started",
    "job.submitted": "job.submitted",
    "job.succeeded": "job.succeeded",
    "legal_hold.lifted": "legal_hold.lifted",
    "legal_hold.set": "legal_hold.set",
    "model_version.approved": "model.approved",
    "model_version.confirmed": "model.confirmed",
    "model_version.published": "model.published",
    "model_version.rejected": "model.rejected",
    "model_version.retired": "model.retired",
    "model_version.revoked": "model.revoked",
    "policy.cleared": "policy.cleared",
    "policy.set": "policy.set",
    "project.limits": "project.limits_changed",
    "project.retention": "project.retention_changed",
    "review.asked": "review.requested",
    "role.changed": "member.changed",
    "role.removed": "member.removed",
    "schedule.refused": "schedule.refused",
    "schedule.taken": "schedule.submitted",
}
TYPES = sorted(set(OF_VERBS.values()))
PLACES = {  # where REST shows what an event speaks of, as far as its id alone says so
    "artifact": "/api/v1/artifacts/",
    "dataset": "/api/v1/datasets/",
    "job": "/api/v1/jobs/",
    "project": "/api/v1/projects/",
    "schedule": "/api/v1/schedules/",
}


def verbs_of(types: Collection[str]) -> list[str]:
    """The verbs of the log behind some types; all of them where no type is named."""
    return [verb for verb, kind in OF_VERBS.items() if not types or kind in types]


def message_of(webhook: Webhook, event: uuid.UUID) -> str:
    """The `webhook-id` of an event for one endpoint: the same whenever it is sent, today or in a replay."""
    return f"msg_{uuid.uuid5(webhook.pk, str(event)).hex}"


def body_of(event: AuditEvent, project: str) -> str:
    """The JSON that is signed and sent: {type, timestamp, data: {id, kind, project, verb, event, ...}}.

    It names no person and carries nothing that could not be asked for again with a token.
    """
    data: dict[str, Any] = {
        "id": event.subject_id,
        "kind": event.subject_kind,
        "project": project,
        "verb": event.verb,
        "event": str(event.pk),
        "index": event.index,
    }
    if place := PLACES.get(event.subject_kind):
        data["path"] = place + event.subject_id
    return plain({"type": OF_VERBS[event.verb], "timestamp": stamp(event.at), "data": data})


def stamp(at: datetime) -> str:
    """2026-11-22T20:05:11.402133Z."""
    return moment(at).replace("+00:00", "Z")


def plain(said: dict[str, Any]) -> str:
    """One line of JSON; its bytes are what is signed."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
