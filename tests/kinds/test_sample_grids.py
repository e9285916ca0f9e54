"""Sample grids of trainings: every training draws them from one seed, which they name, so that they can be compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training import Notes
from workers.contracts import Attempt
from workers.engine import shown
from workers.engine.bundle import Bundle
from workers.engine.sampler import sampling_of
from workers.engine.wishes import plain
from workers.kinds.train import GRID_ITEMS
from workers.plugins import plugin

PARAMS = {"steps": 2, "batch_size": 16, "latent_dim": 8, "width": 4, "sample_every": 1, "precision": "fp32"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
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


def trained(folder: Path, data: dict[str, dict[str, str]], seed: str) -> Attempt:
    folder.mkdir()
    order = {"job": "j", "kind": "train", "family": "dcgan", "device": "cpu", "threads": 1, "seed": seed}
    made = Attempt(folder, order | {"params": PARAMS, "inputs": data}, Notes(), lambda: "")
    plugin("kind", "train")().run(made)
    return made


def test_grids_of_trainings_with_other_seeds_are_drawn_from_the_same_one(
    data: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    named = [seed for own in ("5", "6") for seed in trained(tmp_path / own, data, own).report.sample_seeds]
    assert len(named) == 4
    assert len(set(named)) == 1


def test_the_last_grid_is_what_the_exported_model_makes_of_the_seed_that_it_names(
    data: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    made = trained(tmp_path / "5", data, "5")
    bundle = Bundle.open(made.folder / "bundle")
    seed = made.report.sample_seeds[-1]
    fields = sampling_of(bundle).fields(plain(seed, range(GRID_ITEMS), bundle.family().controls()))
    shown.sheet(bundle.modality(), bundle.modality().decode(fields, bundle.spec()), tmp_path / "again.png")
    one, other = (
        np.asarray(Image.open(place), dtype=int)
        for place in (made.folder / made.report.samples[-1][1], tmp_path / "again.png")
    )
    assert one.std() > 5  # there is something to be seen
    assert abs(one - other).max() <= 1  # the last digit may be rounded otherwise
