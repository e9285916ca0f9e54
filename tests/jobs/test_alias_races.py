"""Moves of an alias at once with each other and with decisions on what they move to: one history, no gap in it."""

from __future__ import annotations

import pytest

from catalog import aliases
from catalog.alias_history import history
from catalog.models import Alias, AliasMove, Stage
from catalog.naming import AliasUnusable, UnknownAlias
from jobs.holds import decide_model
from jobs.models import Job
from jobs.submission import send
from models_store.errors import Conflict
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 8


@pytest.fixture
def approved(project, submitter):
    return lambda name="chest-xray": builders.model_version(project, submitter, name, stage=Stage.APPROVED)


def test_of_two_proposals_at_once_one_waits_and_one_is_told(approved, submitter):
    for number in range(ROUNDS):
        version, name = approved(), f"candidate-{number}"
        both = [lambda name=name, version=version: aliases.propose(version.model, name, version, actor=submitter)] * 2
        raised = at_once(*both)
        assert [type(error) for error in raised] == [aliases.AlreadyProposed]
        assert AliasMove.objects.filter(alias__name=name).count() == 1


def test_approved_and_refused_at_once_it_is_one_of_them(approved, submitter, reviewer):
    for number in range(ROUNDS):
        version = approved()
        move = aliases.propose(version.model, f"candidate-{number}", version, actor=submitter)
        raised = at_once(
            lambda move=move: aliases.decide_alias(move.alias, "approve", actor=reviewer),
            lambda move=move: aliases.decide_alias(move.alias, "reject", actor=reviewer, comment="no"),
        )
        assert [type(error) for error in raised] == [Conflict]
        move.refresh_from_db()
        stands = Alias.objects.get(pk=move.alias_id).version_id
        assert (move.state, stands) in (("moved", version.pk), ("rejected", None))


def test_approved_twice_at_once_it_moves_once(approved, submitter, reviewer):
    for number in range(ROUNDS):
        version = approved()
        move = aliases.propose(version.model, f"candidate-{number}", version, actor=submitter)
        raised = at_once(*[lambda move=move: aliases.decide_alias(move.alias, "approve", actor=reviewer)] * 2)
        assert [type(error) for error in raised] == [Conflict]
        assert len(history(move.alias)) == 1


def test_moved_while_what_it_moves_to_is_revoked_no_job_runs_by_that_name(approved, submitter, reviewer):
    for number in range(ROUNDS):
        version = approved(f"model-{number}")
        move = aliases.propose(version.model, "production", version, actor=submitter)
        raised = at_once(
            lambda move=move: aliases.decide_alias(move.alias, "approve", actor=reviewer),
            lambda version=version: decide_model(version, "revoke", actor=reviewer, comment="no consent"),
        )
        assert {type(error) for error in raised} <= {aliases.NotApproved}
        with pytest.raises((AliasUnusable, UnknownAlias)):
            send({"kind": "generate", "model_version": f"model-{number}@production", "count": 1}, actor=submitter)


def test_a_job_submitted_while_the_alias_moves_works_on_one_of_the_two(approved, submitter, reviewer):
    one = approved()
    move = aliases.propose(one.model, "production", one, actor=submitter)
    aliases.decide_alias(move.alias, "approve", actor=reviewer)
    stood = {one.pk}
    for number in range(ROUNDS):
        other = approved()
        move = aliases.propose(one.model, "production", other, actor=submitter)
        body = {"kind": "generate", "model_version": "chest-xray@production", "count": 1, "name": str(number)}
        raised = at_once(
            lambda move=move: aliases.decide_alias(move.alias, "approve", actor=reviewer),
            lambda body=body: send(body, actor=submitter),
        )
        taken = Job.objects.get(name=str(number)).inputs.get().model_version_id
        assert (raised, taken in stood | {other.pk}) == ([], True)
        stood = {other.pk}
