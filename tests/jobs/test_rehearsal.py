"""A rehearsal says what a submission would say, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Project, User
from accounts.services import require
from audit.models import AuditEvent, ReviewRequest
from catalog.models import DatasetVersion
from config import clock
from jobs import presence
from jobs.forecast import Scene
from jobs.models import Job, State
from jobs.policies import set_policy
from jobs.policing import PolicyRefuses
from jobs.rehearsal import foreseen, rehearse
from jobs.submission import send
from models_store.errors import Forbidden, InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(project: Project, submitter: User, offered: None) -> DatasetVersion:
    return builders.dataset_version(project, submitter)


@pytest.fixture
def owner(project: Project) -> User:
    found = builders.person("olga")
    project.members.add(found, through_defaults={"role": "owner"})
    require(found, project, "owner")
    return found


def body(version: DatasetVersion, **said: Any) -> dict[str, Any]:
    return {"kind": "train", "family": "dcgan", "inputs": {"data": str(version.pk)}, **said}


def test_nothing_is_stored(version: DatasetVersion, submitter: User) -> None:
    before = AuditEvent.objects.count()
    found = rehearse(body(version), actor=submitter)
    assert found.request.params["steps"] == 100
    assert (Job.objects.count(), AuditEvent.objects.count()) == (0, before)


def test_what_a_submission_refuses_is_refused(version: DatasetVersion, submitter: User) -> None:
    with pytest.raises(InvalidInput):
        rehearse(body(version, params={"steps": 0}), actor=submitter)


def test_who_may_not_submit_may_not_rehearse(version: DatasetVersion, project: Project) -> None:
    viewer = builders.person("vera")
    project.members.add(viewer, through_defaults={"role": "viewer"})
    with pytest.raises(Forbidden):
        rehearse(body(version), actor=viewer)


def test_a_policy_refuses_as_it_would(version: DatasetVersion, project: Project, owner: User, submitter: User) -> None:
    set_policy(project, "require_purpose", {}, actor=owner)
    with pytest.raises(PolicyRefuses):
        rehearse(body(version), actor=submitter)


def test_what_would_hold_it_is_said_as_the_held_job_says_it_and_nobody_is_asked(
    version: DatasetVersion, project: Project, owner: User, submitter: User
) -> None:
    set_policy(project, "require_review", {}, actor=owner)
    said = rehearse(body(version), actor=submitter).held
    assert not ReviewRequest.objects.exists()
    job, _ = send(body(version), actor=submitter)
    assert (job.state, job.state_reason) == (State.HELD, said)


def test_a_count_by_the_week_can_be_rehearsed(
    version: DatasetVersion, project: Project, owner: User, submitter: User
) -> None:
    set_policy(project, "cap_count", {"per_week": 5}, actor=owner)
    model = builders.model_version(project, submitter)
    asked = {"kind": "generate", "inputs": {"model": str(model.pk)}, "params": {"count": 6}}
    with pytest.raises(PolicyRefuses):
        rehearse(asked, actor=submitter)


def test_a_job_that_is_not_there_yet_is_forecast_like_one_that_is(version: DatasetVersion, submitter: User) -> None:
    presence.here("train@here", ["train.cpu"])
    now = clock.now()
    builders.job(
        version.dataset.project, submitter, family="dcgan", state=State.SUCCEEDED, started_at=now, finished_at=now
    )
    found = foreseen(rehearse(body(version), actor=submitter).request, None, Scene.take())
    assert found.start is not None
    assert found.end is not None
    assert found.ahead is not None
    assert found.ahead.count == 0
