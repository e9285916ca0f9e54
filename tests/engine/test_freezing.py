"""Weights that are frozen stay to the bit, with their averages and running means; what cannot be meant is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from models_store.errors import InvalidInput
from tests.training import training
from workers.contracts import Stopped
from workers.engine import checkpoint
from workers.engine.loop import Diverged
from workers.families.dcgan import Dcgan
from workers.families.vae import Vae


@pytest.fixture(scope="module")
def parent(tmp_path_factory) -> dict[str, torch.Tensor]:
    """What a few steps of a VAE exported."""
    made = training(Vae, tmp_path_factory.mktemp("parent"), steps=3)
    nets = made.run().exported()
    graphs = made.family.graphs(nets, Vae.toy_spec)
    return {f"{name}/{key}": value for name, one in graphs.items() for key, value in one.module.state_dict().items()}


def tuned(folder: Path, parent: Any, freeze: str, **said: Any) -> Any:
    return training(Vae, folder, seed="2", parent=parent, freeze=freeze, **said)


def test_what_is_frozen_stays_to_the_bit_and_the_rest_learns(parent, tmp_path):
    state = tuned(tmp_path, parent, "encoder/body.*, decoder/log_scale").run()
    for nets in (state.nets, state.averages):
        now = {f"{name}/{key}": value for name, net in nets.items() for key, value in net.state_dict().items()}
        same = {name for name, value in now.items() if torch.equal(value, parent[name])}
        assert same == {name for name in now if name.startswith("encoder/body.") or name == "decoder/log_scale"}


def test_a_frozen_training_that_was_interrupted_ends_on_the_same_weights(parent, tmp_path):
    whole = tuned(tmp_path / "whole", parent, "encoder/*").run().tensors()
    wants = iter(["", "", "pause"])
    first = tuned(tmp_path / "part", parent, "encoder/*", wants=lambda: next(wants, ""))
    with pytest.raises(Stopped):
        first.run()
    rest = tuned(tmp_path / "rest", {}, "encoder/*")
    rest.resume(*checkpoint.read(tmp_path / "part" / "checkpoints" / "2"))
    resumed = rest.run().tensors()
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


def test_a_phase_whose_networks_are_all_frozen_only_reports(tmp_path):
    made = training(Dcgan, tmp_path, freeze="discriminator/*", steps=2)
    before = {key: value.clone() for key, value in made.state.nets["discriminator"].state_dict().items()}
    state = made.run()
    assert all(torch.equal(value, before[key]) for key, value in state.nets["discriminator"].state_dict().items())
    assert {"on_real", "generator"} <= state.series[0]["values"].keys()


@pytest.mark.parametrize(
    ("freeze", "code"),
    [("encoder/nothing.*", "freeze_matches_nothing"), ("*", "freeze_leaves_nothing"),
     ("encoder/*, decoder/*", "freeze_leaves_nothing"), ("encoder", "freeze_matches_nothing")],
)  # fmt: skip
def test_patterns_that_cannot_be_meant_are_refused_before_the_first_step(tmp_path, freeze, code):
    with pytest.raises(InvalidInput) as refused:
        training(Vae, tmp_path, freeze=freeze)
    assert (refused.value.code, refused.value.field) == (code, "params.freeze")


def test_weights_that_are_no_numbers_are_never_saved_over_the_last_good_checkpoint(tmp_path):
    made = training(Vae, tmp_path)
    made.save()
    made.state.step = 1
    with torch.no_grad():
        next(made.state.nets["encoder"].parameters())[0] = torch.nan
    with pytest.raises(Diverged) as refused:
        made.save()
    assert refused.value.field.startswith("nets/encoder/")
    assert [place.name for place in (tmp_path / "checkpoints").iterdir()] == ["0"]
