"""Fine-tuning from a model of somebody else's family: two graphs, one of them averaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from models_store.errors import InvalidInput
from tests.contract.toys.attempts import SHORT, attempt, run, trained
from workers.contracts import Attempt, Stopped
from workers.engine import checkpoint

pytestmark = pytest.mark.usefixtures("toys_installed")
STEPS = 6


@pytest.fixture(scope="module")
def parent(dark, tmp_path_factory) -> dict[str, str]:
    return trained(tmp_path_factory.mktemp("parent"), "toy_chain", {"data": dark}, steps=30)


def tuning(folder: Path, data: Any, parent: Any, wants: tuple[str, ...] = (), **said: Any) -> Attempt:
    """A fine-tuning that is asked for `wants`, one by one, between its steps."""
    asked = iter(wants)
    inputs, params = {"data": data, "parent": parent}, SHORT | {"steps": STEPS} | said.pop("params", {})
    return attempt(
        folder, "train", lambda: next(asked, ""), family="toy_chain", seed="8", inputs=inputs, params=params, **said
    )


def saved(made: Attempt) -> str:
    """Run until it leaves; the checkpoint it left."""
    with pytest.raises(Stopped):
        run(made)
    return str(made.folder / made.report.checkpoints[-1][1])


def weights(bundle: Path) -> dict[str, torch.Tensor]:
    return load_file(bundle / "weights.safetensors")


def test_networks_and_averages_begin_as_the_parent_was_exported(parent, light, tmp_path):
    tensors, said = checkpoint.read(saved(tuning(tmp_path, light, parent, ("pause",))))
    assert said["state"]["step"] == 0
    theirs = weights(Path(parent["path"]))
    mine = {name.removeprefix("nets/"): value for name, value in tensors.items() if name.startswith("nets/")}
    averaged = {
        name.removeprefix("averages/"): value for name, value in tensors.items() if name.startswith("averages/")
    }
    assert mine.keys() == theirs.keys()
    assert averaged.keys() == {name for name in theirs if name.startswith("decoder/")}
    assert all(torch.equal(value, theirs[name]) for found in (mine, averaged) for name, value in found.items())


def test_the_first_losses_are_those_of_what_the_parent_learned(parent, dark, tmp_path):
    tuned = tuning(tmp_path / "tuned", dark, parent, params={"steps": 1})
    run(tuned)
    afresh = attempt(
        tmp_path / "afresh", "train", family="toy_chain", seed="8", inputs={"data": dark}, params=SHORT | {"steps": 1}
    )
    run(afresh)
    first, other = (made.report.metrics[0][1]["nearest"] for made in (tuned, afresh))
    assert first < other / 2


def test_a_resumed_fine_tuning_goes_on_from_its_own_state_and_not_from_the_parent(parent, light, tmp_path):
    whole = tuning(tmp_path / "whole", light, parent)
    end = weights(whole.folder / run(whole)["bundle"])
    resume = saved(tuning(tmp_path / "first", light, parent, ("", "", "pause")))
    gone = {"path": str(tmp_path / "no longer there")}
    rest = tuning(tmp_path / "rest", light, gone, resume=resume)
    again = weights(rest.folder / run(rest)["bundle"])
    assert end.keys() == again.keys()
    assert all(torch.equal(end[name], again[name]) for name in end)
    assert any(not torch.equal(end[name], value) for name, value in weights(Path(parent["path"])).items())


def test_a_parent_of_another_shape_is_refused_with_the_place(parent, light, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        run(tuning(tmp_path, light, parent, params={"code": 6}))
    assert (refused.value.code, refused.value.field) == ("parent_mismatch", "inputs.parent")
    assert refused.value.expected == "prior/0.weight of shape [8, 6]"
    assert refused.value.got == [8, 4]


def test_a_parent_of_another_family_is_refused(dark_model, light, tmp_path):
    with pytest.raises(InvalidInput) as refused:
        run(tuning(tmp_path, light, dark_model))
    assert (refused.value.code, refused.value.got) == ("parent_mismatch", "none")
