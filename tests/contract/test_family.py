"""What every registered family keeps to, on its toy configuration and on data drawn from its spec."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training import Notes, drawn_data, training
from workers.contracts import Stopped
from workers.engine import checkpoint, parity
from workers.engine.export import export_all
from workers.engine.parameters import LoopParameters, split
from workers.engine.streams import SeededStreams
from workers.plugins import plugins
from workers.registry import describe

FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted(plugins("family").items())]
pytestmark = pytest.mark.parametrize("family", FAMILIES)
LARGEST_TOY = 20_000


def weights(state: Any) -> dict[str, torch.Tensor]:
    return state.tensors()


def trained(family: Any, folder: Path, **said: Any) -> Any:
    return training(family, folder, **said).run()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_toy_is_small_and_fits_its_spec(family):
    family(**family.toy).check(family.toy_spec)
    nets = family(**family.toy).build(family.toy_spec)
    assert sum(weight.numel() for net in nets.values() for weight in net.parameters()) < LARGEST_TOY


def test_losses_are_finite_and_come_from_the_seed_alone(family, tmp_path):
    first = trained(family, tmp_path / "a", seed="1")
    again = trained(family, tmp_path / "b", seed="1")
    other = trained(family, tmp_path / "c", seed="2")
    assert all(math.isfinite(value) for entry in first.series for value in entry["values"].values())
    assert first.series == again.series
    assert first.series != other.series


def test_losses_are_per_sample(family):
    made = family(**family.toy)
    nets = made.build(family.toy_spec)
    batch = drawn_data(family.toy_spec, 7)
    for phase in made.phases(nets, batch, SeededStreams("1", 0)):
        assert set(phase.learns) <= set(nets)
        for name, loss in phase.losses.items():
            assert loss.shape == (7,), f"{name} is {tuple(loss.shape)}, not one number for each sample"


def test_a_training_interrupted_anywhere_ends_on_the_same_weights(family, tmp_path):
    whole = trained(family, tmp_path / "whole", steps=7)
    wants = iter(["", "", "pause"])
    first = training(family, tmp_path / "part", steps=7, wants=lambda: next(wants, ""))
    with pytest.raises(Stopped):
        first.run()
    saved = sorted((tmp_path / "part" / "checkpoints").iterdir())[-1]
    second = training(family, tmp_path / "rest", steps=7)
    second.resume(*checkpoint.read(saved))
    assert second.state.step == 2
    resumed = second.run()
    assert same(weights(whole), weights(resumed))
    assert whole.series == resumed.series


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_a_step_takes_any_batch(family, tmp_path, batch):
    assert trained(family, tmp_path, batch_size=batch, steps=1).step == 1


def test_exported_graphs_agree_with_torch(family, tmp_path):
    state = trained(family, tmp_path, steps=2)
    graphs = family(**family.toy).graphs(state.exported(), family.toy_spec)
    export_all(graphs, tmp_path / "model")
    found = parity.gate(graphs, tmp_path / "model", family.tolerance)
    assert set(found["batches"]) == {"1", "7", "64"}


def test_averaged_networks_follow_and_are_what_is_exported(family, tmp_path):
    state = trained(family, tmp_path, steps=3)
    for name in family.averaged:
        assert state.exported()[name] is state.averages[name]


def test_its_schema_holds_its_defaults_and_both_languages(family):
    said = describe("family", family)
    assert all((said["title"], said["title_zh"], said["summary"], said["summary_zh"]))
    for name, parameter in said["schema"]["properties"].items():
        assert parameter.get("description"), f"{name} has no help"
        assert parameter.get("help_zh"), f"{name} has no help in Chinese"
        assert parameter.get("title_zh"), f"{name} has no name in Chinese"
    made, loop = split(family, {name: p["default"] for name, p in said["schema"]["properties"].items()})
    assert made == family()
    assert loop == LoopParameters(**family.defaults)


def test_reports_say_progress_series_samples_and_checkpoints(family, tmp_path):
    notes = Notes()
    training(family, tmp_path, steps=4, report=notes, checkpoint_every=2).run()
    assert notes.progressed[-1] == (4, 4, "steps")
    assert [step for step, _ in notes.metrics] == [1, 2, 3, 4]
    assert notes.checkpoints == [(2, "checkpoints/2")]
