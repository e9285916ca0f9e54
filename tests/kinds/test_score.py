"""Unusual items of a data set: found by a model of what is usual, with a threshold, figures for each, and a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models_store.errors import InvalidInput
from tests.builders_images import file_of, zip_of
from tests.training import Notes
from workers.contracts import Attempt, Field, Spec
from workers.engine import inspection
from workers.engine.inspection import Inspected
from workers.engine.parameters import kind_of
from workers.engine.plain_json import NotFinite
from workers.kinds.score import Score

PARAMS = {
    "latent_dim": 4, "network": "fully_connected", "layers": "32", "steps": 250, "batch_size": 32, "lr": 1e-2,
    "kl_weight": 0.1, "precision": "fp32", "average_decay": 0.9,
}  # fmt: skip
PX = 16


def run(folder: Path, **order: Any) -> tuple[dict[str, Any], Notes]:
    folder.mkdir(parents=True)
    said, notes = {"seed": "1", "device": "cpu", "threads": 1, "params": {}} | order, Notes()
    return kind_of(said).run(Attempt(folder, said, notes, lambda: "")), notes


def part(draws: np.random.Generator, broken: bool) -> bytes:
    """A woven surface in some light; where it is broken, with a dark hole of 3 px somewhere."""
    rows, columns = np.mgrid[0:PX, 0:PX]
    light = 128 + draws.uniform(-30, 30) + 40 * np.sin(rows) * np.cos(columns) + draws.normal(0, 4, (PX, PX))
    if broken:
        top, left = draws.integers(1, PX - 4, 2)
        light[top : top + 3, left : left + 3] -= 70
    return file_of(Image.fromarray(light.clip(0, 255).astype(np.uint8)))


def taken_in(place: Path, files: dict[str, bytes]) -> dict[str, str]:
    place.mkdir(parents=True)
    upload = {"upload": {"path": str(zip_of(place / "parts.zip", files)), "name": "parts.zip"}}
    run(place / "in", kind="ingest", modality="image", inputs=upload, params={"size": PX})
    return {"path": str(place / "in" / "dataset")}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, Any]:
    """A VAE that learned good parts alone, those parts, and others of which some are broken."""
    place, draws = tmp_path_factory.mktemp("parts"), np.random.default_rng(7)
    good = taken_in(place / "good", {f"{number}.png": part(draws, False) for number in range(240)})
    mixed = {f"good/{number}.png": part(draws, False) for number in range(30)}
    mixed |= {f"broken/{number}.png": part(draws, True) for number in range(20)}
    run(place / "train", kind="train", family="vae", inputs={"data": good}, params=PARAMS)
    model = {"path": str(place / "train" / "bundle")}
    return {"model": model, "reference": good, "data": taken_in(place / "mixed", mixed)}


@pytest.fixture(scope="module")
def scored(inputs, tmp_path_factory) -> tuple[Path, dict[str, Any], Notes]:
    folder = tmp_path_factory.mktemp("score") / "s"
    return folder, *run(folder, kind="score", inputs=inputs, params={"normal": "good", "quantile": 0.9})


def test_broken_parts_are_told_from_good_ones(scored):
    figures = scored[1]["metrics"]
    assert figures["anomaly_auroc"]["value"] > 0.95
    assert figures["anomaly_auroc"]["low"] <= figures["anomaly_auroc"]["value"] <= figures["anomaly_auroc"]["high"]
    assert figures["anomaly_recall"]["value"] > 0.8
    assert (figures["anomaly_recall"]["n"], figures["false_alarm_rate"]["n"]) == (20, 30)
    assert figures["false_alarm_rate"]["low"] <= 0.1  # what the quantile promises lies in the interval


def test_every_item_has_its_figures_and_the_most_unusual_are_told(scored):
    folder, result, _ = scored
    said = json.loads((folder / result["scores"]).read_text())
    assert len({(item["split"], item["row"]) for item in said["items"]}) == len(said["items"]) == 50
    assert all({"mean", "peak", "divergence"} <= item.keys() for item in said["items"])
    scores = sorted((item["score"] for item in said["items"]), reverse=True)
    assert [item["score"] for item in result["unusual"]] == scores
    assert result["unusual"][0]["class"] == "broken"
    assert said["threshold"] == pytest.approx(result["metrics"]["anomaly_threshold"]["value"], rel=1e-6)


def test_the_picture_shows_where_a_part_is_broken(scored):
    folder, result, _ = scored
    with Image.open(folder / result["sheet"]) as picture:
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    size, factor = 64, 64 // PX
    original, heat = drawn[4 : 4 + size, 4 : 4 + size, 0], drawn[4 : 4 + size, 4 + 2 * 68 : 4 + 2 * 68 + size]
    hottest = np.unravel_index((heat[..., 0] - heat[..., 1]).argmax(), (size, size))
    small = original[::factor, ::factor]
    row, column = (place // factor for place in hottest)
    near = small[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
    assert near.min() == small.min()


def test_an_item_has_the_same_figures_whatever_is_beside_it(inputs, scored, tmp_path):
    before = {
        (item["split"], item["row"]): item
        for item in json.loads((scored[0] / scored[1]["scores"]).read_text())["items"]
    }
    result, _ = run(
        tmp_path / "s", kind="score", inputs=inputs | {"reference": inputs["data"]}, params={"quantile": 0.5}
    )
    again = json.loads((tmp_path / "s" / result["scores"]).read_text())["items"]
    assert {item["split"] for item in again} == {"holdout"}
    assert all(before[item["split"], item["row"]] == item for item in again)


def test_too_few_normal_items_for_the_quantile_and_a_reference_that_is_inspected_are_said(inputs, tmp_path):
    _, notes = run(tmp_path / "s", kind="score", inputs=inputs | {"reference": inputs["data"]})
    assert any("too few for the quantile" in line for line in notes.lines)
    assert any("that the threshold comes from" in line for line in notes.lines)


def test_a_broken_model_is_refused_at_its_first_figure_that_is_no_number(inputs, tmp_path, monkeypatch):
    anomaly = inspection._anomaly
    monkeypatch.setattr(inspection, "_anomaly", lambda *said: {"map": anomaly(*said)["map"] * float("nan")})
    with pytest.raises(NotFinite) as refused:
        run(tmp_path / "s", kind="score", inputs=inputs)
    assert (refused.value.code, refused.value.field) == ("not_finite", "inputs.model")
    assert "Take another version" in refused.value.detail
    assert refused.value.got == "nan: mean of holdout item 0"
    assert not (tmp_path / "s" / "out").exists()


@pytest.mark.parametrize(("params", "field"), [({"normal": "fine"}, "normal"), ({"abnormal": ["bent"]}, "abnormal")])
def test_a_class_that_the_data_do_not_have_is_refused_before_anything_is_scored(inputs, tmp_path, params, field):
    with pytest.raises(InvalidInput) as refused:
        run(tmp_path / "s", kind="score", inputs=inputs, params=params)
    assert (refused.value.code, refused.value.field) == ("unknown_class", f"params.{field}")


@pytest.mark.parametrize("params", [{"normal": "good"}, {"abnormal": ["broken"]}])
def test_abnormal_items_of_the_reference_never_make_the_threshold(params):
    spec = Spec("image", (Field("condition", "condition", (), 2, ("broken", "good")),))
    scored, classes = {"peak": np.array([9.0, 1.0])}, ["broken", "good"]
    kept = Score(**params).only_normal(Inspected(["holdout"] * 2, [0, 1], classes, scored), spec)
    assert (kept.rows, kept.figures["peak"].tolist()) == ([1], [1.0])
    alone = Inspected(["holdout"], [0], ["broken"], {"peak": np.array([9.0])})
    with pytest.raises(InvalidInput) as refused:
        Score(**params).only_normal(alone, spec)
    assert (refused.value.code, refused.value.field) == ("no_normal_items", "inputs.reference")
