"""What the REST views are measured against: plain Django views that write and read the same rows, and nothing else.

No login, no check of what came, no roles, no policy, no forecast, no body beyond the row: the least that a view of
one's own would have to do for the same rows and the same wake-up.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Membership
from audit.models import AuditDetail, AuditEvent
from config import clock
from jobs import wake
from jobs.models import Job, JobEvent, JobInput
from models_store.ids import new_id


@csrf_exempt
def submit(request: HttpRequest) -> JsonResponse:
    """Write a generate job, its input, its first event and the event of the log; ring the queue after the commit."""
    said = json.loads(request.body)
    member = Membership.objects.select_related("project", "user").get(pk=said["member"])
    now = clock.now()
    with transaction.atomic():
        job = Job.objects.create(
            project=member.project, submitted_by=member.user, kind=said["kind"], queue="generate.cpu", created_at=now,
            params={"count": said["count"]}, seed=str(secrets.randbits(63)),
        )  # fmt: skip
        JobInput.objects.create(job=job, role="model", model_version_id=said["model_version"])
        JobEvent.objects.create(job=job, type="state", at=now, data={"state": "queued"})
        event = AuditEvent.objects.create(
            id=new_id(), at=now, actor=member.user.username, verb="job.submitted", subject_kind="job",
            subject_id=str(job.pk), project_id=member.project_id, leaf=json.dumps({"job": str(job.pk)}).encode(),
        )  # fmt: skip
        AuditDetail.objects.create(event=event, salt=os.urandom(16), detail={"kind": job.kind, "params": job.params})
        transaction.on_commit(lambda: wake.wake(job.queue))
    return JsonResponse(body(job), status=202)


def read(request: HttpRequest, id: str) -> JsonResponse:
    """The row of a job with the names beside it, and what it works on."""
    job = Job.objects.select_related("project", "submitted_by", "window").get(pk=id)
    return JsonResponse(body(job) | {"inputs": {row.role: str(row.model_version_id) for row in job.inputs.all()}})


def body(job: Job) -> dict[str, Any]:
    """The columns that a person would look for."""
    names = (
        "id", "kind", "name", "state", "state_reason", "created_at", "started_at", "finished_at", "result", "family",
        "params", "seed", "priority", "purpose", "intended_use", "facts", "done", "total", "unit", "eta_s",
    )  # fmt: skip
    names_beside = {"project": job.project.slug, "submitted_by": job.submitted_by.username}
    return {name: getattr(job, name) for name in names} | names_beside


urlpatterns = [
    path("bare/jobs", submit),
    path("bare/jobs/<uuid:id>", read),
    path("", include("config.urls")),
]
