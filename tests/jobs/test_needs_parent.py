"""What is of trainings that go on from a model is refused of one that begins afresh, before it waits for its turn."""

from __future__ import annotations

import pytest

from catalog import plugins
from jobs.models import State
from jobs.submission import send
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]


@pytest.fixture
def families(db):
    sampling.announce()
    rank = {"adapter_rank": {"type": "integer", "minimum": 0, "maximum": 64, "default": 0, "needs_parent": True}}
    roles = {"data": builders.role("dataset_version"), "parent": sampling.optional("model_version")}
    plugins.announce("a worker with adapters", [
        builders.plugin("family", "ddpm", rank, sampling="denoise", roles=roles),
    ])  # fmt: skip


def asked(project, person, rank: int, *, goes_on: bool):
    job = builders.job(project, person, family="ddpm", state=State.SUCCEEDED)
    parent = sampling.model(project, person, "ddpm", sampling.PICTURES, job=job)
    inputs = {"data": str(parent.dataset_version_id)} | ({"parent": str(parent.pk)} if goes_on else {})
    body = {"kind": "train", "family": "ddpm", "inputs": inputs, "params": {"adapter_rank": rank}}
    return send(body, actor=person)[0]


def test_adapters_need_a_parent(project, submitter):
    with pytest.raises(ProductError, match="name a parent") as refused:
        asked(project, submitter, 4, goes_on=False)
    found = refused.value
    assert (found.code, found.field, found.expected, found.got) == ("needs_parent", "params.adapter_rank", 0, 4)


@pytest.mark.parametrize(("rank", "goes_on"), [(4, True), (0, False)])
def test_adapters_beside_a_parent_and_none_without_one_are_taken(project, submitter, rank, goes_on):
    assert asked(project, submitter, rank, goes_on=goes_on).params["adapter_rank"] == rank
