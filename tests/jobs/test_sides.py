"""Pictures of a size that a family takes only when set otherwise are refused at submission."""

from __future__ import annotations

import pytest

from catalog import plugins
from jobs.models import State
from jobs.submission import send
from models_store.errors import ProductError
from tests import builders
from tests.jobs import sampling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("families")]
PATCH = {"type": "integer", "minimum": 1, "default": 2, "divides_sides": True}
NETWORK = {"type": "string", "default": "convolutional", "sides": {"convolutional": [16, 32]}}


@pytest.fixture
def families(db):
    sampling.announce()
    roles = {"data": builders.role("dataset_version")}
    own = {"patch": PATCH, "network": NETWORK}
    plugins.announce("a worker", [builders.plugin("family", "ddpm", own, sampling="denoise", roles=roles)])


@pytest.fixture
def ask(project, submitter):
    def ask(side, **params):
        field = {"name": "image", "kind": "continuous", "shape": [1, side, side], "size": None}
        spec = {"modality": "image", "fields": [field]}
        data = sampling.model(project, submitter, "ddpm", spec).dataset_version
        return send(
            {"kind": "train", "family": "ddpm", "dataset_version": str(data.pk), "params": params}, actor=submitter
        )[0]

    return ask


@pytest.mark.parametrize(
    ("side", "params", "place"),
    [(33, {"network": "dense"}, "patch"), (16, {"patch": 3}, "patch"), (24, {}, "network")],
)
def test_pictures_that_do_not_fit_a_parameter_are_refused_with_the_way_out(ask, side, params, place):
    with pytest.raises(ProductError, match="read the data anew") as refused:
        ask(side, **params)
    said = refused.value
    assert (said.code, said.field, said.got) == ("wrong_shape", f"params.{place}", f"{side} x {side}")


@pytest.mark.parametrize(
    ("side", "params"), [(16, {}), (24, {"network": "dense"}), (33, {"patch": 3, "network": "dense"})]
)
def test_pictures_that_fit_are_taken(ask, side, params):
    assert ask(side, **params).state == State.QUEUED
