"""A training on too few pictures is refused at submission, and its card says so."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from catalog import plugins
from catalog.plugins import plugin
from desk.job.unfit import unfit
from jobs.fitting import LEAST_ITEMS, check
from models_store.errors import InvalidInput
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("announced")]


@pytest.fixture
def announced(db):
    roles = {"data": builders.role("dataset_version")}
    shapes = [[channels, size, size] for size in (16, 32) for channels in (1, 3, 4)]
    plugins.announce("a worker", [
        builders.plugin("kind", "train", {}, queue="train", chooses_family=True, produces="model_version", roles={}),
        builders.plugin("family", "gan", {}, sampling="one_shot", roles=roles),
        builders.plugin("family", "square", {}, sampling="one_shot", roles=roles, item_shapes=shapes),
    ])  # fmt: skip


@pytest.fixture
def data(project, submitter):
    return builders.dataset_version(project, submitter)


def test_too_few_pictures_are_refused_by_name_and_number(data):
    data.counts = {"train": LEAST_ITEMS["image"] - 1, "holdout": 1}
    with pytest.raises(InvalidInput) as caught:
        check(plugin("kind", "train"), plugin("family", "gan"), {"data": data})
    assert (caught.value.code, caught.value.field, caught.value.got) == ("too_few_items", "data", 3)


def test_as_many_as_it_takes_are_enough(data):
    data.counts = {"train": LEAST_ITEMS["image"], "holdout": 1}
    check(plugin("kind", "train"), plugin("family", "gan"), {"data": data})


@override("en")
def test_a_method_s_card_says_why_and_names_sizes_in_few_words(data):
    data.counts = {"train": 2, "holdout": 1}
    assert "too few pictures" in unfit(plugin("kind", "train"), plugin("family", "gan"), data)
    data.counts = {"train": 90, "holdout": 1}
    data.spec = {"modality": "image", "fields": [{"name": "image", "kind": "continuous", "shape": [4, 9, 9]}]}
    said = unfit(plugin("kind", "train"), plugin("family", "square"), data)
    assert said.count("px") == 2
    assert "16 × 16, 32 × 32 px (grey or colour or with transparency)" in said
    assert "9 × 9 px (with transparency)" in said
