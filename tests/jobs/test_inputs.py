"""Inputs that do not belong: each wrong combination has a code, its place, and a sentence that says the way out."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from catalog.models import VersionState
from jobs.admission import admit
from jobs.holds import decide_model
from jobs.models import State
from jobs.submission import send
from lineage.services import keep_artifacts
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]


@pytest.fixture
def families(db):
    sampling.announce()


@pytest.fixture
def model(project, submitter):
    return sampling.model(project, submitter, "gan", sampling.PICTURES)


@pytest.fixture
def two(project, submitter, model):
    """Inputs of two models, drafts of the submitter."""
    other = sampling.model(project, submitter, "cgan", sampling.PICTURES)
    return {"model": model, "model_2": other}


def named(models):
    return {role: str(version.pk) for role, version in models.items()}


@pytest.mark.parametrize(
    ("said", "code", "field", "way_out"),
    [
        ({"inputs": {"data": "DATA", "data_b": "DATA"}}, "unknown_input", "inputs.data_b", "bring both as one upload"),
        ({"dataset_version": "DATA", "inputs": {"data": "DATA"}}, "given_twice", "dataset_version", "given twice"),
        ({"dataset_version": "MODEL"}, "wrong_input", "dataset_version", "this input takes a data set version"),
        ({"inputs": {"data": "MODEL"}}, "wrong_input", "inputs.data", "is a model version"),
        ({"inputs": {"data": "DATA", "parent": "DATA"}}, "wrong_input", "inputs.parent", "takes a model version"),
        ({"inputs": {"data": ["DATA", "DATA"]}}, "invalid_input", "inputs.data", "one id"),
        ({"inputs": {"data": "nothing"}}, "not_found", "inputs.data", "There is no data set version"),
        ({"inputs": {"data": "DATA", "colour": "red"}}, "unknown_input", "inputs.colour", "no input 'colour'."),
        ({"inputs": {}}, "invalid_input", "dataset_version", "is missing"),
        ({"inputs": "DATA"}, "invalid_input", "inputs", "object"),
    ],
)
def test_inputs_that_do_not_belong_are_refused_with_their_place(model, submitter, said, code, field, way_out):
    ids = {"DATA": str(model.dataset_version_id), "MODEL": str(model.pk)}

    def filled(value):
        if isinstance(value, dict):
            return {name: filled(one) for name, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else ids.get(value, value)

    with pytest.raises(ProductError) as refused:
        admit({"kind": "train", "family": "gan"} | filled(said), actor=submitter)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert way_out in refused.value.detail


def test_a_kind_that_takes_no_data_says_so(model, submitter):
    with pytest.raises(ProductError) as refused:
        admit({"kind": "generate", "dataset_version": str(model.dataset_version_id)}, actor=submitter)
    assert (refused.value.code, refused.value.detail) == ("unknown_input", "This job takes no data set version.")


def test_a_job_on_several_models_waits_for_each_and_says_for_which(two, submitter, reviewer):
    job, _ = send({"kind": "generate", "inputs": named(two)}, actor=reviewer)
    assert (job.state, str(two["model"]) in job.state_reason) == (State.HELD, True)
    decide_model(two["model"], "approve", actor=reviewer)
    job.refresh_from_db()
    assert (job.state, str(two["model_2"]) in job.state_reason) == (State.HELD, True)
    decide_model(two["model_2"], "approve", actor=reviewer)
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_one_unusable_model_of_several_refuses_the_job(two, submitter):
    two["model_2"].stage = "revoked"
    two["model_2"].save()
    with pytest.raises(ProductError) as refused:
        send({"kind": "generate", "inputs": named(two)}, actor=submitter)
    assert (refused.value.code, refused.value.field) == ("model_unusable", "inputs.model_2")


def test_a_rejection_of_one_of_several_models_ends_the_job_once(two, submitter, reviewer):
    both = {"model": str(two["model"].pk), "model_2": str(two["model"].pk)}
    job, _ = send({"kind": "generate", "inputs": both}, actor=reviewer)
    decide_model(two["model"], "reject", actor=reviewer, comment="blurred")
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "model_unusable")


def test_an_artifact_stands_with_the_model_that_made_it(two, submitter):
    job, _ = send({"kind": "generate", "inputs": named(two)}, actor=submitter)
    item = {
        "content_sha256": "c" * 64,
        "sha256": "a" * 64,
        "media_type": "image/png",
        "size": 1,
        "seed": "1",
        "marks": {},
    }
    rows = keep_artifacts(
        job, [item | {"index": 0, "model": "model_2"}, item | {"index": 1, "model": "model"}, item | {"index": 2}],
        actor="worker test",
    )  # fmt: skip
    assert [row.model_version for row in rows] == [two["model_2"], two["model"], two["model"]]


def test_another_family_than_that_of_a_promise_is_offered_is_refused_at_once(project, submitter):
    training = builders.job(project, submitter, family="diffusion")
    with pytest.raises(ProductError) as refused:
        send({"kind": "generate", "model_version": f"job:{training.pk}"}, actor=submitter)
    assert refused.value.code == "unknown_family"


def test_a_refusal_is_in_english_whatever_the_reader_speaks(project, submitter):
    data = builders.dataset_version(project, submitter)
    data.state = VersionState.FAILED
    data.save()
    with override("zh-hans"), pytest.raises(ProductError) as refused:
        admit({"kind": "train", "family": "gan", "dataset_version": str(data.pk)}, actor=submitter)
    assert refused.value.detail == f"{data} is failed."
