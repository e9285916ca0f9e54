"""A revocation at once with people who move the jobs of its pipelines: nobody waits in a circle, nothing slips by."""

from __future__ import annotations

import itertools

import pytest

from catalog.models import Stage, VersionState
from jobs.holds import decide_model
from jobs.models import Job, JobAfter, JobInput, State
from jobs.services import cancel
from jobs.standing import DataErased
from jobs.submission import send
from jobs.transitions import IllegalTransition
from lineage.erasure import InUse, erase_dataset
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 25


def pipeline(project, submitter, version):
    """Three jobs one after the other; the first and the last use the model."""
    found = []
    for place in range(3):
        state = State.HELD if place else State.QUEUED
        found.append(builders.job(project, submitter, "generate", queue="generate.cpu", state=state))
    for place in (0, 2):
        JobInput.objects.create(job=found[place], role="model", model_version=version)
    for earlier, later in itertools.pairwise(found):
        JobAfter.objects.create(job=later, earlier=earlier)
    return found


def test_a_revocation_and_a_cancelled_job_between_two_that_use_the_model(project, submitter, reviewer):
    for _ in range(ROUNDS):
        version = builders.model_version(project, submitter, stage=Stage.APPROVED)
        jobs = pipeline(project, submitter, version)
        raised = at_once(
            lambda version=version: decide_model(version, "revoke", actor=reviewer, comment="no consent"),
            lambda middle=jobs[1]: cancel(middle, actor=submitter),
        )
        assert {type(error) for error in raised} <= {IllegalTransition}
        states = Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("state", flat=True)
        assert set(states) <= {State.FAILED, State.CANCELLED}


def test_an_erasure_that_revokes_two_models_while_a_job_between_theirs_is_cancelled(project, submitter):
    owner = builders.person("olaf")
    project.members.add(owner, through_defaults={"role": "owner"})
    for number in range(8):
        data = builders.dataset_version(project, submitter, f"digits {number}")
        one, other = (
            builders.model_version(project, submitter, f"model {number}", stage=Stage.APPROVED, dataset_version=data)
            for _ in range(2)
        )
        jobs = pipeline(project, submitter, other)
        later = builders.job(project, submitter, "generate", queue="generate.cpu", state=State.HELD)
        JobInput.objects.create(job=later, role="model", model_version=one)
        JobAfter.objects.create(job=later, earlier=jobs[0])
        said = {"name": f"digits {number}", "actor": owner, "models": "revoke"}
        raised = at_once(
            lambda data=data, said=said: erase_dataset(data.dataset, **said),
            lambda first=jobs[0]: cancel(first, actor=submitter),
        )
        assert {type(error) for error in raised} <= {IllegalTransition}
        data.refresh_from_db()
        assert data.state == VersionState.ERASING


def test_a_submission_while_its_data_are_erased_either_keeps_them_or_is_refused(project, submitter):
    owner = builders.person("olaf")
    project.members.add(owner, through_defaults={"role": "owner"})
    for number in range(8):
        data = builders.dataset_version(project, submitter, f"digits {number}")
        body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "name": str(number)}
        raised = at_once(
            lambda data=data, number=number: erase_dataset(data.dataset, name=f"digits {number}", actor=owner),
            lambda body=body: send(body, actor=submitter),
        )
        data.refresh_from_db()
        submitted = Job.objects.filter(name=str(number)).exists()
        assert submitted == (data.state == VersionState.READY)
        assert {type(error).__name__ for error in raised} <= {InUse.__name__, DataErased.__name__, "InvalidInput"}
        assert len(raised) == 1
