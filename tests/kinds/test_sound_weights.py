"""What a training may begin with: weights that are numbers, and a saved state from before a parameter was there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models_store.errors import ProductError
from models_store.saved_state import ResumeRefused
from tests.contract.toys.attempts import SHADES, attempt, pictures, run
from tests.training import Notes
from workers.contracts import Attempt, Stopped

PARAMS = {
    "steps": 3, "batch_size": 8, "network": "fully_connected", "layers": "8", "latent_dim": 2, "precision": "fp32",
    "sample_every": 100,
}  # fmt: skip


def order(folder: Path, data: Any, **said: Any) -> Attempt:
    params = PARAMS | said.pop("params", {})
    return attempt(folder, "train", **{"family": "vae", "params": params, "inputs": {"data": data}} | said)


def refused(made: Attempt) -> ProductError:
    with pytest.raises(ProductError) as error:
        run(made)
    return error.value


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict[str, str]:
    return pictures(tmp_path_factory.mktemp("data"), SHADES)


@pytest.fixture(scope="module")
def state(tmp_path_factory, data) -> Path:
    """A state at step 1."""
    made, words = order(tmp_path_factory.mktemp("first"), data), iter(["", "pause"])
    with pytest.raises(Stopped):
        run(Attempt(made.folder, made.order, Notes(), lambda: next(words)))
    return made.folder / "checkpoints" / "1"


def spoiled(file: Path) -> str:
    """Put a NaN into a file of weights; the name of the one that has it."""
    weights = load_file(file)
    name = min(name for name, value in weights.items() if value.is_floating_point() and value.dim() == 2)
    weights[name][0, 0] = torch.nan
    save_file(weights, file)
    return name


def test_a_saved_state_with_weights_that_are_no_numbers_is_refused_with_the_way_out(data, state, tmp_path):
    shutil.copytree(state, tmp_path / "state")
    name = spoiled(tmp_path / "state" / "state.safetensors")
    error = refused(order(tmp_path / "job", data, resume=str(tmp_path / "state")))
    assert (error.code, error.field, error.got) == ("nan_weights", "resume", f"NaN in {name}")
    assert "Clone the job" in error.detail


def test_a_parent_with_weights_that_are_no_numbers_is_refused_before_the_first_step(data, tmp_path):
    (tmp_path / "parent").mkdir()
    save_file({"encoder/mean.weight": torch.full((2, 2), torch.nan)}, tmp_path / "parent" / "weights.safetensors")
    error = refused(order(tmp_path / "job", data, inputs={"data": data, "parent": {"path": str(tmp_path / "parent")}}))
    assert (error.code, error.field, error.got) == ("nan_weights", "inputs.parent", "NaN in encoder/mean.weight")
    assert not (tmp_path / "job" / "checkpoints").exists()


def test_freezing_without_a_parent_is_refused_before_the_first_step(data, tmp_path):
    error = refused(order(tmp_path / "job", data, params={"freeze": "encoder/*"}))
    assert (error.code, error.field) == ("needs_parent", "params.freeze")


def older(state: Path, place: Path) -> str:
    """The state as a version wrote it that knew no `free_bits` yet."""
    shutil.copytree(state, place)
    said = json.loads((place / "state.json").read_text())
    del said["about"]["params"]["free_bits"]
    (place / "state.json").write_text(json.dumps(said))
    return str(place)


def test_a_state_from_before_a_parameter_was_there_is_gone_on_from(data, state, tmp_path):
    assert run(order(tmp_path / "job", data, resume=older(state, tmp_path / "state")))["steps"] == 3


def test_and_not_where_the_parameter_is_no_longer_what_it_was_without_saying(data, state, tmp_path):
    old = older(state, tmp_path / "state")
    with pytest.raises(ResumeRefused):
        run(order(tmp_path / "job", data, resume=old, params={"free_bits": 0.5}))
