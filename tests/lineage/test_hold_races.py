"""A legal hold set at once with what gives bytes up: either it comes first and keeps them, or it comes afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Project, User
from accounts.retention import set_retention
from audit.models import AuditEvent
from catalog.models import Dataset
from config import clock
from jobs.models import Job
from lineage import forgetting
from lineage.erasure import erase_dataset
from lineage.legal_holds import HeldForLaw, set_hold
from lineage.models import Artifact, LegalHold
from lineage.retention import keep_days
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 10


@pytest.fixture
def owner(project: Project) -> User:
    """May erase, and say how long something is kept."""
    olaf = builders.person("olaf")
    project.members.add(olaf, through_defaults={"role": "owner"})
    return olaf


def test_a_data_set_is_erased_before_a_hold_or_not_at_all(
    project: Project, submitter: User, reviewer: User, owner: User
) -> None:
    for number in range(ROUNDS):
        data = builders.dataset_version(project, submitter, f"digits {number}").dataset
        raised = at_once(
            lambda data=data: set_hold("dataset", str(data.pk), reason="lawsuit", actor=reviewer),
            lambda data=data: erase_dataset(data, name=data.name, actor=owner),
        )
        hold, erased_at = LegalHold.objects.get(subject_id=str(data.pk)), Dataset.objects.get(pk=data.pk).erased_at
        assert [type(error) for error in raised] == ([] if erased_at else [HeldForLaw])
        assert erased_at is None or erased_at < hold.set_at


def test_artifacts_are_given_up_before_a_hold_or_not_at_all(
    project: Project, submitter: User, reviewer: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "SETTLED_S", -60.0)
    long_ago = clock.now() - timedelta(days=40)
    set_retention(project, actor=owner, artifact_days=30)
    Project.objects.filter(pk=project.pk).update(retention_set_at=long_ago)
    for _ in range(ROUNDS):
        row = builders.generated(project, submitter, 1)[0]
        Artifact.objects.filter(pk=row.pk).update(created_at=long_ago)
        Job.objects.filter(pk=row.job_id).update(finished_at=long_ago)
        raised = at_once(
            lambda row=row: set_hold("job", str(row.job_id), reason="lawsuit", actor=reviewer),
            keep_days,
        )
        row.refresh_from_db()
        assert raised == []
        if row.expired_at:
            gone = AuditEvent.objects.filter(verb="artifacts.expired").latest("id")
            assert gone.at < LegalHold.objects.get(subject_id=str(row.job_id)).set_at
