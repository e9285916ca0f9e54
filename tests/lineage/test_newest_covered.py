"""A question about what was just released has a head signed for it; others wait for the minute."""

from __future__ import annotations

import pytest

from accounts.models import Project, User
from audit import sequencer
from audit.models import TreeHead
from jobs import sweep
from lineage.models import Artifact
from lineage.services import newest_is_covered
from tests import builders

pytestmark = pytest.mark.django_db


def test_without_artifacts_nothing_waits_for_a_proof() -> None:
    assert newest_is_covered()


def test_what_a_head_covers_waits_for_nothing(project: Project, submitter: User) -> None:
    builders.generated(project, submitter)
    assert newest_is_covered()


def test_what_was_released_since_the_last_head_waits_for_one(project: Project, submitter: User) -> None:
    builders.generated(project, submitter)
    TreeHead.objects.all().delete()
    assert not newest_is_covered()
    sweep.sequence(asked=True)
    assert newest_is_covered()


def test_what_has_no_place_yet_waits_too(project: Project, submitter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "sequence", lambda: 0)
    builders.generated(project, submitter)
    assert Artifact.objects.exists()
    assert not newest_is_covered()
