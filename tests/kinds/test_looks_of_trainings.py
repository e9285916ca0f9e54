"""A training that is looked at: its figures are curves, its best weights the model, what cannot be had is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from models_store.errors import InvalidInput
from tests.training import Notes
from workers.contracts import Attempt
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.engine.looking import looks_of, maker
from workers.engine.parameters import split
from workers.metrics.embedders import LITE0_NAME
from workers.plugins import plugin

PARAMS = {"batch_size": 16, "latent_dim": 8, "width": 4, "sample_every": 100, "precision": "fp32", "steps": 4}
LOOKS = {"evaluate_every": 2, "evaluate_count": 50, "keep": "best"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, dict[str, str]]:
    folder = tmp_path_factory.mktemp("ingest")
    order = {
        "kind": "ingest",
        "modality": "image",
        "params": {"size": 16},
        "inputs": {"builtin": "digits"},
        "seed": "5",
    }
    result = plugin("kind", "ingest")().run(Attempt(folder, order | {"job": "j"}, Notes(), lambda: ""))
    return {"data": {"path": str(folder / result["dataset"])}}


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> tuple[Attempt, dict[str, Any]]:
    order = {"job": "j", "kind": "train", "family": "dcgan", "device": "cpu", "threads": 1, "seed": "5"}
    order |= {"params": PARAMS | LOOKS, "inputs": data}
    made = Attempt(tmp_path_factory.mktemp("train"), order, Notes(), lambda: "")
    return made, plugin("kind", "train")().run(made)


def test_figures_on_the_named_network_are_curves(trained):
    looked = {step: values for step, values in trained[0].report.metrics if f"kid_{LITE0_NAME}" in values}
    assert list(looked) == [2, 4]
    assert all(set(values) == {f"kid_{LITE0_NAME}", f"fid_{LITE0_NAME}"} for values in looked.values())


def test_the_model_is_of_the_step_with_the_least_distance(trained):
    attempt, result = trained
    found = {step: values[f"kid_{LITE0_NAME}"] for step, values in attempt.report.metrics if len(values) == 2}
    looked = {step: value for step, value in found.items() if value is not None}
    assert result["metrics"].get("kept_step", 4) == min(looked, key=looked.__getitem__)


def looks(data, params: dict[str, Any]) -> Any:
    family, loop = split(plugin("family", "dcgan"), PARAMS | params)
    folder = DatasetFolder.open(data["data"]["path"])
    return looks_of(family, loop, folder.spec, folder)


def test_best_weights_without_an_interval_are_looked_for_at_each_grid(data):
    assert looks(data, {"keep": "best", "sample_every": 7}).every == 7
    assert looks(data, {}).every == 0


def test_too_few_unseen_items_are_refused_before_the_first_step(data, monkeypatch):
    monkeypatch.setattr("workers.engine.looking.FEWEST", 10_000)
    with pytest.raises(InvalidInput) as refused:
        looks(data, LOOKS)
    assert (refused.value.code, refused.value.field) == ("not_measurable", "params.evaluate_every")


def test_each_look_makes_the_same_items_of_the_same_networks(trained, data):
    bundle, folder = Bundle.open(str(Path(trained[0].folder, "bundle"))), DatasetFolder.open(data["data"]["path"])
    family = bundle.family()
    nets, make = family.build(folder.spec), maker(family, folder.spec, folder)
    few, again = (make(nets, count, lambda: None)["image"] for count in (20, 70))
    assert again.shape == (70, 1, 16, 16)
    assert torch.allclose(few, again[:20], atol=1 / 127)
