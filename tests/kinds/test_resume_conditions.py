"""What a training may go on under: other data or another state are refused, other code voids the promise aloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models_store.saved_state import ResumeRefused
from tests.contract.toys.attempts import SHADES, attempt, pictures, run
from workers.contracts import Attempt, Stopped
from workers.engine import promise
from workers.engine.dataset_files import DatasetFolder
from workers.families.dcgan import Dcgan
from workers.plugins import plugins

PARAMS = {"steps": 4, "batch_size": 8, "width": 4, "latent_dim": 4, "precision": "fp32", "sample_every": 100}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, str]:
    place = pictures(tmp_path_factory.mktemp("data"), SHADES)
    return place | {"sha256": DatasetFolder.open(place["path"]).sha256}


@pytest.fixture(scope="module")
def saved(tmp_path_factory, data) -> Path:
    """A state at step 2."""
    return left(order(tmp_path_factory.mktemp("first"), data), 2)


def order(folder: Path, data: dict[str, str], **said: Any) -> Attempt:
    return attempt(folder, "train", **{"family": "dcgan", "params": PARAMS, "inputs": {"data": data}, **said})


def left(made: Attempt, after: int) -> Path:
    """Where it saved its state when it was asked to leave after so many steps."""
    words = iter([""] * after + ["pause"])
    with pytest.raises(Stopped) as stop:
        run(Attempt(made.folder, made.order, made.report, lambda: next(words)))
    return made.folder / "checkpoints" / str(stop.value.step)


def test_another_state_version_is_refused_with_the_way_out(tmp_path, data, saved, monkeypatch):
    monkeypatch.setattr(plugins("family")["dcgan"], "state_version", Dcgan.state_version + 1)
    with pytest.raises(ResumeRefused) as refused:
        run(order(tmp_path, data, resume=str(saved)))
    said = refused.value.as_dict()
    assert (said["code"], said["field"], said["expected"], said["got"]) == (
        "resume_refused", "resume.state_version", 2, 1,
    )  # fmt: skip
    assert "Clone the job" in said["detail"]


def test_other_data_are_refused(tmp_path, saved):
    other = pictures(tmp_path / "other", SHADES, seed=9)
    with pytest.raises(ResumeRefused) as refused:
        run(order(tmp_path / "second", other, resume=str(saved)))
    assert refused.value.field == "resume.data"
    assert "other data" in refused.value.detail


def test_other_code_goes_on_and_says_so_ever_after(tmp_path, data, saved, monkeypatch):
    monkeypatch.setattr(promise, "code_of", lambda family, nets: {Path(__file__)})
    second = order(tmp_path / "second", data, resume=str(saved))
    again = left(second, 1)
    why = "the code of the family changed at step 2"
    assert (second.report.said["exact"], second.report.said["exact_why"]) == (False, [why])
    assert any(why in line for line in second.report.lines)
    third = order(tmp_path / "third", data, resume=str(again))
    run(third)
    assert third.report.said["exact_why"] == [why]


def test_a_training_that_nobody_disturbed_says_that_it_is_exact(tmp_path, data):
    first = order(tmp_path, data)
    left(first, 1)
    assert first.report.said["exact"] is True


def test_smaller_parts_from_a_saved_state_on_are_said(tmp_path, data, saved):
    second = order(tmp_path, data, resume=str(saved), micro_batch=4)
    again = left(second, 1)
    facts = second.report.said
    assert (facts["micro_batch"], facts["accumulate"], facts["exact"]) == (4, 2, False)
    assert facts["exact_why"] == ["the batch is computed in parts of 4 items from step 2 on"]
    assert json.loads((again / "state.json").read_text())["compute"]["micro_batch"] == 4


def test_every_module_that_the_loop_computes_with_is_part_of_what_the_promise_rests_on():
    engine = Path(promise.__file__).parent
    found, due = set(), {"loop"}
    while due:
        name = due.pop()
        found.add(name)
        text = (engine / f"{name}.py").read_text()
        due |= {other.stem for other in engine.glob("*.py") if f"workers.engine.{other.stem} import" in text} - found
    assert found - {"parameters"} == set(promise.ENGINE)  # parameters are part of the order
