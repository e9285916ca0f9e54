"""Which jobs may share batches: small ones over the same models, whatever else they ask for."""

from __future__ import annotations

from uuid import uuid4

import pytest

from catalog import plugins
from jobs.request import Promise, Request
from jobs.submission import send
from jobs.together import MOST_ITEMS, batch_key
from tests import builders
from tests.jobs.generating import QUEUE

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(project, submitter):
    """`asked(count=5)`: what a request for artifacts of one model is; other words change it."""
    model = builders.model_version(project, submitter)

    def make(count: int = 5, **said: object) -> Request:
        facts = {"kind": "generate", "queue": QUEUE, "project": project, "seed": "1", "schema_digest": "s"}
        facts |= {"inputs": {"model": model}, "params": {"count": count}, "shares_batches": True}
        return Request(**(facts | said))

    return make


def test_jobs_over_the_same_model_have_one_key_whatever_else_they_ask_for(asked):
    keys = {batch_key(one) for one in (asked(1), asked(MOST_ITEMS), asked(params={"count": 2, "temperature": 0.5}))}
    assert len(keys) == 1
    assert keys != {""}


def test_a_job_that_asks_for_a_path_of_the_model_shares_no_batch_with_those_on_another(asked):
    said = [{}, {"path": ""}, {"path": "onnxruntime_fp32"}, {"path": "openvino_bf16"}]
    keys = [batch_key(asked(params={"count": 2} | one)) for one in said]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_models_and_their_roles_are_told_apart(asked, project, submitter):
    one, two = (builders.model_version(project, submitter, name) for name in ("one", "two"))
    mixed = [{"model": one}, {"model": two}, {"model": one, "model_2": two}, {"model": two, "model_2": one}]
    assert len({batch_key(asked(inputs=inputs)) for inputs in mixed}) == len(mixed)


@pytest.mark.parametrize(
    "said",
    [
        {"params": {"count": MOST_ITEMS + 1}},
        {"params": {"count": 33, "sweep": {"temperature": [0.5, 1.0]}}},
        {"params": {}},
        {"shares_batches": False},
    ],
    ids=["large", "large by its sweep", "of unknown size", "a kind that does not"],
)
def test_others_run_alone(asked, said):
    assert batch_key(asked(**said)) == ""


def test_a_job_whose_model_is_yet_to_be_made_runs_alone(asked, project):
    promise = Promise(job_id=uuid4(), takes="model_version", project=project)
    assert batch_key(asked(inputs={"model": promise})) == ""


@pytest.mark.parametrize("shares", [True, False])
def test_a_submission_says_whether_its_kind_shares_batches(project, submitter, shares):
    abilities = {"shares_batches": True} if shares else {}
    count = {"count": {"type": "integer", "minimum": 1, "default": 1}}
    roles, on = {"model": builders.role("model_version")}, {"queue": "generate", "chooses_family": False}
    kind = builders.plugin("kind", "generate", count, produces="artifacts", roles=roles, **on, **abilities)
    plugins.announce("w", [*(one for one in builders.PLUGINS if one["name"] != "generate"), kind])
    model = builders.model_version(project, submitter)
    job, _ = send({"kind": "generate", "model_version": str(model.pk), "params": {"count": 3}}, actor=submitter)
    assert bool(job.batch_key) is shares
