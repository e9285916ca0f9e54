"""Reasons and comments over REST: one bound for all of them, and no character that cannot be kept."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent
from audit.reasons import LONGEST
from catalog import aliases
from catalog.models import Stage
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
BAD = {"too long": "x" * 10_000, "NUL": "no\0consent"}
WAYS = {
    "flag": ("artifacts/{artifact}/flag", "reason", {}),
    "withdraw": ("artifacts/{artifact}/withdraw", "comment", {}),
    "revoke": ("models/{model}/versions/1/revoke", "comment", {}),
    "alias": ("aliases/{alias}/reject", "comment", {}),
    "take back": ("aliases/{alias}/withdraw", "comment", {}),
    "hold": ("legal-holds", "reason", {"subject_kind": "artifact", "subject": "{artifact}"}),
    "review": ("reviews", "comment", {"subject_kind": "artifact", "subject": "{artifact}", "decision": "withdraw"}),
}


@pytest.fixture
def things(project: Project, submitter: User) -> dict[str, str]:
    """The ids of one of each."""
    artifact = builders.generated(project, submitter, count=1)[0]
    version = builders.model_version(project, submitter, "chest-xray", stage=Stage.APPROVED)
    alias = aliases.propose(version.model, "production", version, actor=submitter).alias
    return {"artifact": str(artifact.pk), "model": str(version.model_id), "alias": str(alias.pk)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", BAD)
def test_a_reason_that_cannot_be_kept_is_refused_with_its_field(
    way: str, bad: str, rita: Client, things: dict[str, str]
) -> None:
    path, field, more = WAYS[way]
    before = AuditEvent.objects.count()
    body = {name: said.format(**things) for name, said in more.items()} | {field: BAD[bad]}
    answer = rita.post(f"/api/v1/{path.format(**things)}", body, "application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert AuditEvent.objects.count() == before


def test_the_longest_is_kept_whole(rita: Client, things: dict[str, str]) -> None:
    said = "x" * LONGEST
    body = {"comment": said}
    answer = rita.post(f"/api/v1/artifacts/{things['artifact']}/withdraw", body, "application/json")
    assert answer.json()["withdrawn"]["because"] == said
