"""A submission is refused with its place, what was expected and what came; the same key gives the same job."""

from __future__ import annotations

import pytest

from catalog import plugins
from jobs.admission import admit
from jobs.idempotency import IdempotencyConflict
from jobs.models import Job, State
from jobs.submission import submit
from models_store.errors import Conflict, Forbidden, NotFound, ProductError
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]

DATA = {"data": builders.role("dataset_version")}


@pytest.fixture
def data(project, submitter):
    return builders.dataset_version(project, submitter)


def body(data, **more):
    return {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"} | more


def sent(said, actor, key=None):
    return submit(admit(said, actor=actor, idempotency_key=key), actor=actor)


def test_defaults_of_the_schema_are_stored_with_the_job(data, submitter):
    job, new = sent(body(data, params={"steps": 5}), submitter)
    assert new
    assert job.params == {"steps": 5, "learning_rate": 0.0002}
    assert job.inputs.get(role="data").dataset_version == data


def test_a_seed_may_be_any_number_below_its_limit_also_under_a_key(data, submitter):
    (job, new), (again, other) = (sent(body(data, seed=2**63 - 1), submitter, "k") for _ in range(2))
    assert (job.seed, new, again.pk, other) == (str(2**63 - 1), True, job.pk, False)


def test_data_of_a_shape_that_the_family_cannot_learn_are_refused(data, submitter):
    plugins.announce("w1", [builders.plugin("family", "dcgan", item_shapes=[[1, 16, 16]], roles=DATA)])
    with pytest.raises(ProductError) as refused:
        admit(body(data), actor=submitter)
    error = refused.value
    assert (error.code, error.field, error.expected, error.got) == ("wrong_shape", "data", [[1, 16, 16]], [1, 32, 32])


@pytest.mark.parametrize(
    ("change", "code", "field", "expected", "got"),
    [
        ({"kind": "dance"}, "unknown_kind", "kind", None, "dance"),
        ({"family": "dcgam"}, "unknown_family", "family", ["dcgan"], "dcgam"),
        ({"params": {"stepz": 1}}, "unknown_parameter", "params.stepz", ["learning_rate", "steps"], "stepz"),
        ({"params": {"steps": "many"}}, "invalid_parameter", "params.steps", None, "many"),
        ({"params": {"steps": 0}}, "invalid_parameter", "params.steps", None, 0),
        ({"params": {"steps": True}}, "invalid_parameter", "params.steps", None, True),
        ({"params": []}, "invalid_input", "params", "object", []),
        ({"seed": "-1"}, "invalid_input", "seed", None, "-1"),
        ({"seed": 2**63}, "invalid_input", "seed", None, 2**63),
        ({"seed": "９"}, "invalid_input", "seed", None, "９"),
        ({"priority": 101}, "invalid_input", "priority", None, 101),
        ({"name": "n" * 101}, "invalid_input", "name", None, "n" * 101),
        ({"colour": "red"}, "unknown_field", "colour", None, None),
        ({"inputs": {"data_b": "x"}}, "unknown_input", "inputs.data_b", ["data"], "data_b"),
        ({"dataset_version": "nothing"}, "not_found", "dataset_version", None, "nothing"),
    ],
)
def test_bad_input_is_refused_with_its_place(data, submitter, change, code, field, expected, got):
    with pytest.raises(ProductError) as refused:
        admit(body(data) | change, actor=submitter)
    error = refused.value
    assert (error.code, error.field) == (code, field)
    assert expected is None or error.expected == expected
    assert got is None or error.got == got
    assert not Job.objects.exists()


def test_a_bound_is_named_with_what_came(data, submitter):
    with pytest.raises(ProductError) as refused:
        admit(body(data, params={"steps": 2_000_000}), actor=submitter)
    assert refused.value.expected == {"type": "integer", "minimum": 1, "maximum": 1_000_000}
    assert refused.value.got == 2_000_000


def test_the_same_key_and_body_give_the_same_job(data, submitter):
    first, _ = sent(body(data), submitter, "k1")
    again, new = sent(body(data), submitter, "k1")
    assert (again.pk, new, Job.objects.count()) == (first.pk, False, 1)


def test_the_same_key_with_another_body_is_a_conflict(data, submitter):
    sent(body(data), submitter, "k1")
    with pytest.raises(IdempotencyConflict):
        sent(body(data, seed="3"), submitter, "k1")


def test_keys_of_two_people_do_not_meet(data, submitter, reviewer):
    first, _ = sent(body(data), submitter, "k1")
    second, _ = sent(body(data), reviewer, "k1")
    assert first.pk != second.pk


def test_a_stranger_does_not_see_the_data(data):
    with pytest.raises(NotFound):
        admit(body(data), actor=builders.person("stranger"))


def test_a_viewer_may_not_submit(data, project):
    viewer = builders.person("vera")
    builders.project("elsewhere", viewer=viewer)
    from accounts.models import Membership

    Membership.objects.create(project=project, user=viewer, role="viewer")
    with pytest.raises(Forbidden):
        sent(body(data), viewer)


def test_inputs_of_another_project_are_refused(data, submitter):
    elsewhere = builders.project("elsewhere", owner=submitter)
    with pytest.raises(ProductError) as refused:
        admit(body(data, project=elsewhere.slug), actor=submitter)
    assert refused.value.field == "project"


def test_a_draft_generates_for_its_submitter_and_holds_for_others(project, submitter, reviewer):
    version = builders.model_version(project, submitter)
    said = {"kind": "generate", "model_version": str(version.pk), "count": 2}
    own, _ = sent(said, submitter)
    theirs, _ = sent(said, reviewer)
    assert own.state == State.QUEUED
    assert theirs.state == State.HELD
    assert "needs approval" in theirs.state_reason


def test_a_revoked_model_takes_no_new_job(project, submitter):
    version = builders.model_version(project, submitter, stage="revoked")
    with pytest.raises(Conflict) as refused:
        sent({"kind": "generate", "model_version": str(version.pk), "count": 2}, submitter)
    assert refused.value.code == "model_unusable"


def test_a_baseline_of_real_items_is_measured_but_never_released(project, submitter):
    plugins.announce("another worker", [builders.plugin("family", "resample", releases=False)])
    version = builders.model_version(project, submitter, family="resample")
    with pytest.raises(ProductError) as refused:
        admit({"kind": "generate", "model_version": str(version.pk), "count": 2}, actor=submitter)
    assert (refused.value.code, refused.value.got) == ("not_released", "resample")
