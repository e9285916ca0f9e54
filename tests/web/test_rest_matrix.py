"""What changes something over REST is done for whom the roles allow it, refused in problem+json to all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent
from tests.web.roles import MEMBERS, OWNS, REVIEWS, RUNS, STEERS, SUBMITS, WATCHES, Scene, scene
from tests.web.story import Story

Action = tuple[str, str, Mapping[str, Any], frozenset[str]]
ROLES = ("stranger", "nobody", "viewer", "submitter", "reviewer", "owner", "auditor", "operator")
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
DATA = {
    "source": "here", "licence": "CC0-1.0", "legal_basis": "ours", "contains_personal_data": False,
    "sensitive_attributes": [], "notes": "",
}  # fmt: skip


def actions(s: Scene) -> dict[str, Action]:
    """Method, path below /api/v1, body, and whose it is."""
    job, failed, project = f"/jobs/{s.told.training.pk}", f"/jobs/{s.told.failed.pk}", f"/projects/{s.project.pk}"
    data, artifact = f"/datasets/{s.told.data.dataset_id}", f"/artifacts/{s.told.made[0].pk}"
    version = f"/models/{s.told.model.model_id}/versions/{s.told.model.number}"
    train = {"kind": "train", "family": "dcgan", "dataset_version": str(s.told.data.pk)}
    here = {"project": s.project.slug}
    return {
        "submit": ("post", "/jobs", train, SUBMITS),
        "cancel": ("post", f"{job}/cancel", {}, STEERS),
        "retry": ("post", f"{failed}/retry", {}, STEERS),
        "cancel many": ("post", "/jobs/bulk", {"ids": [str(s.told.training.pk)], "action": "cancel"}, STEERS),
        "declare data": ("post", "/datasets", here | {"name": "x", "modality": "image", "declaration": DATA}, SUBMITS),
        "bring data": ("post", f"{data}/versions", {"builtin": "digits"}, SUBMITS),
        "erase data": ("post", f"{data}/erase", {"name": s.told.data.dataset.name}, OWNS),
        "approve": ("post", f"{version}/approve", {"comment": "good"}, REVIEWS),
        "reject": ("post", f"{version}/reject", {"comment": "bad"}, REVIEWS),
        "approve an alias": ("post", f"/aliases/{s.alias.pk}/approve", {"comment": ""}, REVIEWS),
        "decide": (
            "post", "/reviews",
            {"subject_kind": "model_version", "subject": str(s.told.model.pk), "decision": "approve", "comment": "x"},
            REVIEWS,
        ),
        "flag": ("post", f"{artifact}/flag", {"reason": "odd"}, MEMBERS),
        "withdraw": ("post", f"{artifact}/withdraw", {"comment": "odd"}, REVIEWS),
        "hold": (
            "post", "/legal-holds",
            {"subject_kind": "artifact", "subject": str(s.told.made[0].pk), "reason": "x"}, REVIEWS,
        ),
        "lift a hold": ("post", f"/legal-holds/{s.hold.pk}/lift", {"comment": "over"}, REVIEWS),
        "make a window": ("post", "/windows", here | {"name": "w", "timezone": "UTC", "hours": HOURS}, SUBMITS),
        "change a window": ("patch", f"/windows/{s.window.pk}", {"name": "v"}, SUBMITS),
        "remove a window": ("delete", f"/windows/{s.window.pk}", {}, SUBMITS),
        "make a schedule": (
            "post", "/schedules",
            here | {"name": "s", "body": train, "timezone": "UTC", "days": ["sun"], "at": "02:00"}, SUBMITS,
        ),
        "run a schedule": ("post", f"/schedules/{s.schedule.pk}/run", {}, SUBMITS),
        "rest a schedule": ("post", f"/schedules/{s.schedule.pk}/pause", {}, SUBMITS),
        "remove a schedule": ("delete", f"/schedules/{s.schedule.pk}", {}, SUBMITS),
        "set a policy": ("put", f"{project}/policies/require_review", {"params": {}}, OWNS),
        "clear a policy": ("delete", f"{project}/policies/spot_check", {}, OWNS),
        "set limits": ("patch", project, {"max_running": 3}, OWNS | RUNS),
        "set days": ("patch", project, {"upload_days": 3}, OWNS),
        "open a project": ("post", "/projects", {"name": "fresh"}, frozenset()),
        "pause a queue": ("post", "/queues/train.cpu/pause", {}, RUNS),
        "check the log": ("post", "/audit/self-check", {}, WATCHES),
    }  # fmt: skip


@pytest.fixture
def there(told: Story, project: Project, people: dict[str, User]) -> Scene:
    """One of everything."""
    return scene(told, project, people)


@pytest.mark.parametrize("role", ROLES)
def test_every_action_over_rest_is_done_for_whom_the_roles_allow_it(
    role: str, there: Scene, client_for: Callable[..., Client]
) -> None:
    client, wrong = client_for(there.people[role]), {}
    for name, (method, path, body, who) in actions(there).items():
        with transaction.atomic():
            before = AuditEvent.objects.count()
            answer = getattr(client, method)(f"/api/v1{path}", dict(body), content_type="application/json")
            written = AuditEvent.objects.count() - before
            transaction.set_rollback(True)
        refused = answer.status_code in (403, 404) and answer.headers["Content-Type"] == "application/problem+json"
        if name == "cancel many":  # each job answers for itself
            refused = not answer.json()["results"][0]["done"]
        if refused and role in who:
            refused = "second person" not in answer.json()["detail"]
        if refused == (role in who) or (written and role not in who):
            wrong[name] = (answer.status_code, answer.content[:160])
    assert wrong == {}
