"""Evaluating a model for near copies: the rate, and the pairs that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.contract.toys.attempts import SHORT, attempt, run

SIZE_PX = 16
CELL_PX, GAP_PX, LABEL_PX = 64, 4, 14  # of a sheet of two pictures with a label below


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = attempt(
        tmp_path_factory.mktemp("data"),
        "ingest",
        modality="image",
        params={"size": SIZE_PX},
        inputs={"builtin": "digits"},
    )
    return {"path": str(made.folder / run(made)["dataset"])}


def evaluated(folder: Path, data: dict[str, Any], family: str, metrics: list[str], **params: Any) -> tuple[Path, Any]:
    training = attempt(folder / "model", "train", family=family, params=params, inputs={"data": data})
    bundle = {"path": str(training.folder / run(training)["bundle"])}
    said = {"count": 60, "metrics": metrics}
    made = attempt(folder / "measured", "evaluate", inputs={"model": bundle, "data": data}, params=said)
    return made.folder, run(made)


@pytest.fixture(scope="module")
def resampled(data: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("resample")
    return evaluated(folder, data, "resample", ["near_copies"], steps=30, batch_size=64, items=1500)


def test_a_model_that_hands_out_its_data_makes_near_copies_alone(resampled: Any) -> None:
    said = resampled[1]["metrics"]["near_copies"]
    assert (said["value"], said["n"], said["high"]) == (1.0, 60, 1.0)
    assert said["low"] > 0.9


def test_the_threshold_and_its_quantile_stand_beside_the_rate(resampled: Any, data: Any) -> None:
    said = resampled[1]["metrics"]
    unseen = said["near_copy_threshold"]["n"]
    assert unseen == said["near_copy_quantile"]["n"] > 100
    assert said["near_copy_quantile"]["value"] == pytest.approx(1 / (unseen + 1))


def test_ten_pairs_are_shown_made_left_and_real_right(resampled: Any) -> None:
    folder, result = resampled
    with Image.open(folder / result["near_pairs"]) as drawn:
        paper = np.asarray(drawn.convert("L")).astype(int)
    high = CELL_PX + LABEL_PX + 2 * GAP_PX
    assert paper.shape == (10 * high, 2 * CELL_PX + 3 * GAP_PX)
    for top in range(GAP_PX, len(paper), high):
        made = paper[top : top + CELL_PX, GAP_PX : GAP_PX + CELL_PX]
        real = paper[top : top + CELL_PX, CELL_PX + 2 * GAP_PX : 2 * (CELL_PX + GAP_PX)]
        assert np.abs(made - real).max() <= 2  # what one of them went through as numbers of a network
        assert made.std() > 20


def test_noise_is_no_near_copy(data: Any, tmp_path: Path) -> None:
    params = SHORT | {"steps": 2, "latent_dim": 8, "width": 4}
    _, result = evaluated(tmp_path, data, "dcgan", ["near_copies"], **params)
    assert result["metrics"]["near_copies"]["value"] == 0.0
