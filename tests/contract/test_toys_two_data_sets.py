"""A family of somebody else's that learns from two data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models_store.errors import InvalidInput
from models_store.saved_state import ResumeRefused
from tests.contract.toys.attempts import SHADES, SHORT, attempt, brightness, generated, pictures, run, trained
from workers.contracts import Stopped
from workers.engine.dataset_files import DatasetFolder
from workers.engine.sources import batch_of, joined
from workers.kinds.train import sources_of

pytestmark = pytest.mark.usefixtures("toys_installed")
STEPS = 6


@pytest.fixture(scope="module")
def both(dark, light) -> dict[str, Any]:
    return {"data_a": dark, "data_b": light}


def interrupted(folder: Path, inputs: dict[str, Any]) -> str:
    """The checkpoint of a training that was asked to leave at its third step."""
    wants = iter(["", "", "pause"])
    made = attempt(
        folder, "train", lambda: next(wants, ""), family="toy_pair", inputs=inputs, params=SHORT | {"steps": STEPS}
    )
    with pytest.raises(Stopped):
        run(made)
    return str(made.folder / made.report.checkpoints[-1][1])


def test_each_data_set_has_fields_and_an_order_of_its_own(both):
    data = {role: DatasetFolder.open(place["path"]) for role, place in both.items()}
    spec = joined({role: folder.spec for role, folder in data.items()})
    assert [part.name for part in spec.fields] == ["data_a/image", "data_b/image"]
    batch = batch_of(sources_of(data, "train"), "1", 0, 8)
    assert batch["data_a/image"].mean() < 0 < batch["data_b/image"].mean()
    alike = sources_of({"data_a": data["data_a"], "data_b": data["data_a"]}, "train")
    twice = batch_of(alike, "1", 0, 8)
    assert not twice["data_a/image"].equal(twice["data_b/image"])


def test_what_is_made_is_like_the_first(dark_model, tmp_path):
    assert brightness(generated(tmp_path, dark_model, params={"count": 4})) == pytest.approx(
        [SHADES["dark"]] * 4, abs=12
    )


def test_a_resumed_training_exports_the_same_weights(both, tmp_path):
    whole = trained(tmp_path / "whole", "toy_pair", both, steps=STEPS)
    resume = interrupted(tmp_path / "first", both)
    made = attempt(
        tmp_path / "rest", "train", family="toy_pair", inputs=both, params=SHORT | {"steps": STEPS}, resume=resume
    )
    again = {"path": str(made.folder / run(made)["bundle"])}
    one, two = (Path(bundle["path"], "weights.safetensors").read_bytes() for bundle in (whole, again))
    assert one == two


def test_a_state_is_not_gone_on_from_with_another_second_data_set(both, tmp_path):
    resume = interrupted(tmp_path / "first", both)
    other = both | {"data_b": both["data_a"]}
    with pytest.raises(ResumeRefused) as refused:
        run(
            attempt(
                tmp_path / "rest",
                "train",
                family="toy_pair",
                inputs=other,
                params=SHORT | {"steps": STEPS},
                resume=resume,
            )
        )
    assert refused.value.field == "resume.data_b"


def test_a_data_set_that_is_not_there_is_named(dark, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        trained(tmp_path, "toy_pair", {"data_a": dark}, steps=1)
    assert refused.value.field == "inputs.data_b"


def test_data_sets_that_do_not_go_together_are_refused(dark, tmp_path):
    small = pictures(tmp_path / "small", {"small": 100}, size_px=8)
    with pytest.raises(InvalidInput) as refused:
        trained(tmp_path / "model", "toy_pair", {"data_a": dark, "data_b": small}, steps=1)
    assert (refused.value.code, refused.value.field) == ("wrong_shape", "data_b")


def test_the_model_is_measured_against_data_like_the_first(dark_model, dark, tmp_path):
    said = {"count": 20, "metrics": ["precision_recall"]}
    looked = attempt(tmp_path, "evaluate", inputs={"model": dark_model, "data": dark}, params=said)
    assert run(looked)["metrics"].keys() == {"precision", "recall"}
