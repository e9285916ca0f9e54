"""What a model brings back of items it has not seen is measured and shown through its exported graphs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models_store.errors import InvalidInput
from tests.training import Notes
from workers.contracts import Attempt
from workers.engine import reconstruction
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.engine.parameters import kind_of

PARAMS = {"latent_dim": 4, "width": 4, "steps": 8, "batch_size": 16, "precision": "fp32"}


def run(folder: Path, **order: Any) -> dict[str, Any]:
    folder.mkdir(parents=True)
    said = {"seed": "1", "device": "cpu", "threads": 1, "params": {}} | order
    return kind_of(said).run(Attempt(folder, said, Notes(), lambda: ""))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, Any]:
    """Digits of 16 px and a VAE that saw a few of them."""
    place = tmp_path_factory.mktemp("vae")
    run(place / "in", kind="ingest", modality="image", inputs={"builtin": "digits"}, params={"size": 16})
    data = {"data": {"path": str(place / "in" / "dataset")}}
    run(place / "train", kind="train", family="vae", inputs=data, params=PARAMS)
    return data | {"model": {"path": str(place / "train" / "bundle")}}


@pytest.fixture(scope="module")
def evaluated(inputs, tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("evaluate") / "e"
    params = {"count": 10, "metrics": [reconstruction.NAME]}
    return folder, run(folder, kind="evaluate", inputs=inputs, params=params)


def test_the_figure_is_that_of_all_pixels_as_bytes(inputs, evaluated):
    data, bundle = DatasetFolder.open(inputs["data"]["path"]), Bundle.open(inputs["model"]["path"])
    raw, modality = data.split("holdout")["image"], data.modality()
    with torch.inference_mode():
        fields = bundle.family().reconstruct(bundle.call, modality.encode({"image": raw}))
    again = modality.stored(modality.decode(fields, data.spec), data.spec)["image"]
    mse = np.square(again.astype(float) - raw.numpy()).mean()
    figure = evaluated[1]["metrics"][reconstruction.NAME]
    assert figure["value"] == pytest.approx(10 * math.log10(255**2 / mse), abs=0.05)  # batches round apart
    assert (figure["unit"], figure["n"]) == ("dB", len(raw))


def test_only_what_was_asked_for_is_measured(evaluated):
    assert set(evaluated[1]["metrics"]) == {reconstruction.NAME, "reconstruction_mse", "reconstruction_ssim"}


def test_the_picture_shows_rows_of_originals_each_above_what_came_back(inputs, evaluated):
    folder, result = evaluated
    with Image.open(folder / result["sheet"]) as picture:
        shown = np.asarray(picture)
    data = DatasetFolder.open(inputs["data"]["path"])
    first = data.split("holdout")["image"][0, 0].numpy()
    factor = 64 // 16
    cell = shown[4 : 4 + 64, 4 : 4 + 64]
    assert (cell == first.repeat(factor, 0).repeat(factor, 1)).all()
    below = shown[4 + 68 : 4 + 68 + 64, 4 : 4 + 64]
    assert (below != cell).any()


@pytest.mark.parametrize("count", [2, 7, 8, 31, 32])
def test_a_row_of_originals_stands_above_its_row(count):
    made = reconstruction.above(list(range(count)), [-place for place in range(count)])
    wide = math.ceil(math.sqrt(len(made)))
    rows = [made[start : start + wide] for start in range(0, len(made), wide)]
    assert all([-one for one in top] == below for top, below in zip(rows[::2], rows[1::2], strict=True))


def test_a_model_that_reconstructs_nothing_is_not_asked_to(inputs, tmp_path):
    data = {"data": inputs["data"]}
    run(tmp_path / "train", kind="train", family="gan", inputs=data, params={
        "latent_dim": 4, "generator_layers": "8", "discriminator_layers": "8", "steps": 2, "precision": "fp32",
    })  # fmt: skip
    said = data | {"model": {"path": str(tmp_path / "train" / "bundle")}}
    with pytest.raises(InvalidInput) as refused:
        run(tmp_path / "e", kind="evaluate", inputs=said, params={"count": 10, "metrics": [reconstruction.NAME]})
    assert refused.value.got == reconstruction.NAME
