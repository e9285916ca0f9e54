"""What a withdrawal does to whoever looks at the file, and what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Membership, Project, User
from audit.models import AuditEvent, ReviewRequest
from lineage.disclosure import disclosed
from lineage.flags import Withdrawn, decide_artifact, flag, require_shown
from lineage.models import Artifact
from lineage.verdicts import judge
from models_store.errors import Forbidden, InvalidInput, NotFound
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def artifact(project: Project, submitter: User) -> Artifact:
    """One in the log."""
    return builders.generated(project, submitter, count=1)[0]


def verdict(artifact: Artifact) -> dict[str, Any]:
    """On its very bytes."""
    said = {"name": "a.png", "sha256": artifact.sha256, "media_type": "image/png", "c2pa": {"state": "none"}}
    return judge({"findings": [said], "upload": {"sha256": said["sha256"]}})


def lines(said: dict[str, Any]) -> list[str]:
    """Its evidence of kind withdrawal."""
    return [line["says"] for line in said["evidence"] if line["kind"] == "withdrawal"]


def test_whoever_verifies_a_withdrawn_file_reads_when_and_why(artifact: Artifact, reviewer: User) -> None:
    assert lines(verdict(artifact)) == []
    decide_artifact(artifact, "withdraw", actor=reviewer, comment="shows a person")
    said = verdict(Artifact.objects.get(pk=artifact.pk))
    assert said["verdict"] == "ours"
    assert lines(said)[0].endswith(": shows a person")
    olaf = builders.person("olaf")
    assert lines(disclosed(said, to=olaf))[0].endswith(": shows a person")


def test_a_withdrawal_needs_a_reason(artifact: Artifact, reviewer: User) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        decide_artifact(artifact, "withdraw", actor=reviewer, comment="  ")


def test_whoever_made_it_may_withdraw_it(artifact: Artifact, submitter: User) -> None:
    Membership.objects.filter(user=submitter).update(role="reviewer")
    decide_artifact(artifact, "withdraw", actor=submitter, comment="my mistake")
    assert AuditEvent.objects.filter(verb="artifact.withdrawn", actor="sam").exists()


def test_a_withdrawn_artifact_is_shown_to_reviewers_alone(
    artifact: Artifact, project: Project, reviewer: User, submitter: User
) -> None:
    decide_artifact(artifact, "withdraw", actor=reviewer, comment="no")
    fresh = Artifact.objects.get(pk=artifact.pk)
    require_shown(fresh, reviewer)
    with pytest.raises(Withdrawn):
        require_shown(fresh, submitter)


def test_flags_of_several_people_are_one_thing_to_decide(artifact: Artifact, submitter: User, reviewer: User) -> None:
    flag(artifact, "a face", actor=submitter)
    flag(artifact, "a name", actor=reviewer)
    assert [one.reason for one in artifact.flags.all()] == ["a face", "a name"]
    assert ReviewRequest.objects.filter(subject_kind="artifact").count() == 1
    assert AuditEvent.objects.filter(verb="artifact.flagged").count() == 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 4001])
def test_a_flag_says_why(reason: str, artifact: Artifact, submitter: User) -> None:
    with pytest.raises(InvalidInput):
        flag(artifact, reason, actor=submitter)


def test_a_stranger_flags_nothing_and_a_submitter_withdraws_nothing(artifact: Artifact, submitter: User) -> None:
    with pytest.raises(NotFound):
        flag(artifact, "a face", actor=builders.person("olaf"))
    with pytest.raises(Forbidden):
        decide_artifact(artifact, "withdraw", actor=submitter, comment="no")
