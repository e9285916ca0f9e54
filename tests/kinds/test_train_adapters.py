"""Adapters as a training of their own: refused without a parent, and with one a bundle like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from tests.contract.toys.attempts import SHADES, attempt, pictures, run
from workers.contracts import Attempt
from workers.engine.dataset_files import DatasetFolder
from workers.engine.parameters import NeedsParent

PARAMS = {
    "steps": 2, "batch_size": 4, "width": 4, "stages": 2, "attention_px": 8, "precision": "fp32", "sample_every": 100,
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, str]:
    place = pictures(tmp_path_factory.mktemp("data"), SHADES)
    return place | {"sha256": DatasetFolder.open(place["path"]).sha256}


def order(folder: Path, inputs: dict[str, Any], **params: Any) -> Attempt:
    return attempt(folder, "train", family="ddpm", params=PARAMS | params, inputs=inputs)


def test_adapters_without_a_parent_end_before_the_first_step(tmp_path, data):
    asked = order(tmp_path, {"data": data}, adapter_rank=2)
    with pytest.raises(NeedsParent):
        run(asked)
    assert not asked.report.progressed


@pytest.mark.slow  # two exports
def test_a_bundle_of_adapters_has_the_graphs_and_weights_of_its_parent(tmp_path, data):
    run(order(tmp_path / "parent", {"data": data}))
    bundles = [tmp_path / name / "bundle" for name in ("parent", "child")]
    parent = {"path": str(bundles[0]), "sha256": "0" * 64}
    run(order(tmp_path / "child", {"data": data, "parent": parent}, adapter_rank=2, steps=4))
    one, other = (load_file(bundle / "weights.safetensors") for bundle in bundles)
    assert one.keys() == other.keys()
    changed = {name for name in one if not one[name].equal(other[name])}
    assert changed
    assert all(".attention." in name for name in changed)
    assert len({tuple(sorted(file.name for file in (bundle / "model").iterdir())) for bundle in bundles}) == 1
