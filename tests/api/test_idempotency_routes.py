"""Whatever is posted, under an Idempotency-Key it is done once: every route of the table of access."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache as throttles
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from audit.models import AuditEvent
from jobs.models import Job
from tests import builders
from tests.api.access_rows import ROWS
from tests.api.access_scene import Scene, scene
from tests.api.test_access_matrix import Call, call

pytestmark = pytest.mark.django_db
ROLES = ("submitter", "reviewer", "owner", "root", "operator", "auditor")


@pytest.fixture
def there(db: None) -> Scene:
    """One of everything."""
    return scene()


def post(client: Client, what: Call) -> Any:
    """The call under a key."""
    throttles.clear()
    headers = {**what.headers, "Idempotency-Key": "k"}
    if what.form:
        form = (what.body or {}) | {"file": SimpleUploadedFile("x.png", builders.png())}
        return client.post(what.path, form, headers=headers)
    return client.post(what.path, what.body or {}, content_type="application/json", headers=headers)


def told(answer: Any) -> Any:
    """What an answer says, without what becomes of a job by itself."""
    said = answer.json() if answer.content else None
    return {name: value for name, value in said.items() if name != "waiting"} if isinstance(said, dict) else said


def test_every_post_is_done_once_and_answered_alike(there: Scene) -> None:
    wrong, done = [], 0
    for name, row in ROWS.items():
        if not name.startswith("POST"):
            continue
        client = there.client(next(role for role in ROLES if role in row.who))
        what = call(name, row, there.home)
        with transaction.atomic():
            first = post(client, what)
            before = AuditEvent.objects.count(), Job.objects.count()
            again = post(client, what)
            after = AuditEvent.objects.count(), Job.objects.count()
            transaction.set_rollback(True)
        if not 200 <= first.status_code < 300:
            continue
        done += 1
        alike = (first.status_code, told(first)) == (again.status_code, told(again))
        if not alike or before != after or again.headers.get("Idempotency-Replayed") != "true":
            wrong.append(f"{name}: {first.status_code} {again.status_code} {again.content[:300]!r}")
    assert wrong == []
    assert done > 40
