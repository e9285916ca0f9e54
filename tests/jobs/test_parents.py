"""A training that goes on from a model: of the same family, on like data, with networks of the same shape."""

from __future__ import annotations

import copy

import pytest

from jobs.claim import beat, claim_next
from jobs.holds import decide_model
from jobs.models import Job, State
from jobs.submission import send
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]


@pytest.fixture
def families(db):
    sampling.announce()


@pytest.fixture
def parent(project, submitter):
    """A text model of width 16."""
    job = builders.job(project, submitter, family="lstm", state=State.SUCCEEDED, params={"steps": 9, "width": 16})
    return sampling.model(project, submitter, "lstm", sampling.TEXT, job=job)


@pytest.fixture
def goes_on(parent, submitter):
    """`goes_on(data, ...)`: a training from the parent, on its own data unless told otherwise."""

    def make(data=None, family="lstm", actor=submitter, **more):
        inputs = {"data": str((data or parent.dataset_version).pk), "parent": str(parent.pk)}
        return send({"kind": "train", "family": family, "inputs": inputs} | more, actor=actor)[0]

    return make


def data_of(project, submitter, fields, name="other"):
    data = builders.dataset_version(project, submitter, name)
    data.spec = sampling.TEXT | {"fields": fields}
    data.save()
    return data


def refused(goes_on, *given, **more):
    with pytest.raises(ProductError) as error:
        goes_on(*given, **more)
    return error.value


def test_what_shapes_networks_is_taken_over_from_the_parent(goes_on):
    assert goes_on(params={"steps": 5}).params == {"steps": 5, "width": 16}


def test_what_shapes_networks_may_be_said_again_but_not_otherwise(goes_on):
    assert goes_on(params={"width": 16}).params["width"] == 16
    error = refused(goes_on, params={"width": 32})
    assert (error.code, error.field, error.expected, error.got) == ("parent_mismatch", "params.width", 16, 32)


def test_a_parent_of_another_family_is_refused(goes_on):
    error = refused(goes_on, family="cgan")
    assert (error.code, error.field, error.expected, error.got) == ("parent_mismatch", "parent", "cgan", "lstm")


def test_a_text_of_another_alphabet_is_refused_and_the_error_says_the_way_out(goes_on, project, submitter):
    fields = copy.deepcopy(sampling.TEXT["fields"])
    fields[0] |= {"labels": ["", "x", "y", "é", "\n"]}
    error = refused(goes_on, data_of(project, submitter, fields))
    assert (error.code, error.field) == ("wrong_shape", "data")
    assert "train without a parent, or bring data that have the same" in error.detail
    assert (error.expected, error.got) == ("'abé\\n'", "'xyé\\n'")


def test_data_of_other_fields_are_refused(goes_on, project, submitter):
    fields = copy.deepcopy(sampling.TEXT["fields"])
    fields[0]["shape"] = [64]
    error = refused(goes_on, data_of(project, submitter, fields))
    assert (error.code, error.field) == ("wrong_shape", "data")
    assert (error.expected[0], error.got[0]) == ("text: 32 of 5", "text: 64 of 5")


def test_classes_may_differ_where_the_family_is_not_told_them(project, submitter):
    old = sampling.model(project, submitter, "gan", sampling.PICTURES)
    new = sampling.model(project, submitter, "gan", builders.SPEC).dataset_version
    inputs = {"data": str(new.pk), "parent": str(old.pk)}
    job, _ = send({"kind": "train", "family": "gan", "inputs": inputs}, actor=submitter)
    assert job.state == State.QUEUED
    other = sampling.model(project, submitter, "cgan", sampling.PICTURES)
    with pytest.raises(ProductError) as error:
        send({"kind": "train", "family": "cgan", "inputs": inputs | {"parent": str(other.pk)}}, actor=submitter)
    assert error.value.code == "wrong_shape"


@pytest.mark.parametrize("stage", ["rejected", "revoked", "retired"])
def test_a_model_that_is_not_usable_is_no_parent(goes_on, parent, stage):
    parent.stage = stage
    parent.save()
    error = refused(goes_on)
    assert (error.code, error.field, error.got) == ("model_unusable", "inputs.parent", stage)


def test_another_person_s_draft_is_gone_on_from_once_it_is_approved(goes_on, parent, reviewer):
    job = goes_on(actor=reviewer)
    assert (job.state, "needs approval" in job.state_reason) == (State.HELD, True)
    decide_model(parent, "approve", actor=reviewer)
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_parent_of_another_project_is_refused(goes_on, parent, submitter):
    elsewhere = builders.project("elsewhere", submitter=submitter)
    data = sampling.model(elsewhere, submitter, "lstm", sampling.TEXT).dataset_version
    assert refused(goes_on, data).field == "project"


def test_a_revoked_parent_stops_the_training_that_goes_on_from_it(goes_on, parent, reviewer):
    goes_on()
    waiting = goes_on()
    claim = claim_next("train.cpu", "w1")
    decide_model(parent, "revoke", actor=reviewer, comment="consent withdrawn")
    waiting.refresh_from_db()
    assert beat(claim) == "cancel"
    assert (waiting.state, waiting.error_code) == (State.FAILED, "model_unusable")


def test_a_promised_parent_gives_its_parameters_and_is_checked_when_it_is_there(submitter, parent):
    data = {"data": str(parent.dataset_version_id)}
    first, _ = send({"kind": "train", "family": "lstm", "inputs": data, "params": {"width": 24}}, actor=submitter)
    then = {"kind": "train", "family": "lstm", "inputs": data | {"parent": f"job:{first.pk}"}}
    second, _ = send(then, actor=submitter)
    assert (second.state, second.params["width"]) == (State.HELD, 24)


def test_a_training_after_a_training_goes_on_from_it_only_when_told(submitter, parent):
    body = {"kind": "train", "family": "lstm", "dataset_version": str(parent.dataset_version_id)}
    send(body | {"then": [body]}, actor=submitter)
    second = Job.objects.get(state=State.HELD)
    assert [row.role for row in second.inputs.all()] == ["data"]
