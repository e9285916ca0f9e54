"""What every registered family keeps to, on its toy configuration and on data drawn from its spec."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.contract.toys.plugged import toys
from tests.training import Notes, drawn_data, parts_of, training
from workers.contracts import Spec, Stopped
from workers.engine import bundle_files, checkpoint
from workers.engine.bundle import Bundle
from workers.engine.parameters import LoopParameters, split
from workers.engine.runners import of_networks
from workers.engine.sampler import sampling_of
from workers.engine.streams import SeededStreams
from workers.engine.wishes import plain
from workers.plugins import plugin, plugins
from workers.registry import describe

FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted({**plugins("family"), **toys("family")}.items())]
pytestmark = [pytest.mark.parametrize("family", FAMILIES), pytest.mark.usefixtures("toys_installed")]
LARGEST_TOY = 20_000
NOT_MADE = ("condition", "length")  # kinds of field that are told of an item, not part of it


def weights(state: Any) -> dict[str, torch.Tensor]:
    return state.tensors()


def trained(family: Any, folder: Path, **said: Any) -> Any:
    return training(family, folder, **said).run()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def exported(family: Any, nets: Any) -> dict[str, torch.Tensor]:
    """Weights as a bundle keeps them."""
    graphs = family(**family.toy).graphs(nets, family.toy_spec)
    return {f"{g}/{key}": value for g, graph in graphs.items() for key, value in graph.module.state_dict().items()}


def made_spec(family: Any) -> Spec:
    """What the items that a family makes are like: those of its first data set."""
    return next(iter(parts_of(family).values()))


@dataclass(frozen=True)
class Published:
    """A bundle of a toy, with the networks that went into it and its figures."""

    folder: Path
    nets: Mapping[str, Any]
    metrics: Mapping[str, Any]


@pytest.fixture(scope="module")
def published(tmp_path_factory, toys_installed) -> Callable[[Any], Published]:
    """`published(family)`: exported once, since that is what costs."""

    @cache
    def publish(family: Any) -> Published:
        folder, spec = tmp_path_factory.mktemp(family.name), made_spec(family)
        nets = trained(family, folder, steps=2).exported()
        metrics = bundle_files.write(
            folder / "bundle", family=family(**family.toy), nets=nets, spec=family.toy_spec, made=spec,
            preprocess={"modality": spec.modality}, figures={},
        )  # fmt: skip
        return Published(folder / "bundle", nets, metrics)

    return publish


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


def test_exported_graphs_agree_with_torch(family, published):
    found = published(family).metrics["parity"]
    assert set(found["batches"]) == {"1", "7", "64"}
    assert found["max_abs_diff"] <= family.tolerance


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


def test_no_control_is_called_like_a_parameter_of_the_kind_that_samples(family):
    assert not family.controls.model_fields.keys() & plugin("kind", "generate").model_fields.keys()


def another(said: dict[str, Any], value: Any) -> Any:
    """Another value of a parameter that its schema takes; None where it says no other."""
    if "enum" in said:
        return next((one for one in said["enum"] if one != value), None)
    if said.get("type") == "boolean":
        return not value
    if said.get("type") in ("integer", "number"):
        return said["maximum"] if value != said["maximum"] else said["minimum"]
    return None


def test_what_is_not_flagged_as_shaping_leaves_every_network_its_shape(family):
    def shapes(**said: Any) -> dict[str, dict[str, torch.Size]]:
        with torch.device("meta"):
            nets = family(**{**family.toy, **said}).build(family.toy_spec)
        return {name: {key: value.shape for key, value in net.state_dict().items()} for name, net in nets.items()}

    made = family(**family.toy)
    for name, said in family.model_json_schema()["properties"].items():
        other = another(said, getattr(made, name))
        assert other is not None or said.get("shapes"), f"{name} has no second value to try"
        if not said.get("shapes") and not said.get("needs_parent"):  # what it adds is not exported
            assert shapes(**{name: other}) == shapes(), f"{name} shapes a network, and its knob does not say so"


def test_reports_say_progress_series_samples_and_checkpoints(family, tmp_path):
    notes = Notes()
    training(family, tmp_path, steps=4, report=notes, checkpoint_every=2).run()
    assert notes.progressed[-1] == (4, 4, "steps")
    assert [step for step, _ in notes.metrics] == [1, 2, 3, 4]
    assert notes.checkpoints == [(2, "checkpoints/2")]


def test_a_port_that_several_graphs_have_is_the_same_in_all(family):
    made = family(**family.toy)
    graphs = made.graphs(made.build(family.toy_spec), family.toy_spec)
    ports = {port for graph in graphs.values() for port in graph.inputs}
    assert len({port.name for port in ports}) == len(ports)


def test_a_bundle_samples_what_its_networks_sample(family, published):
    made, nets, spec = family(**family.toy), published(family).nets, made_spec(family)
    wishes = plain("1", range(5), family.controls())
    in_torch = of_networks(made, made.graphs(nets, family.toy_spec), spec, None).fields(wishes)
    in_onnx = sampling_of(Bundle.open(published(family).folder)).fields(wishes)
    assert in_torch.keys() == in_onnx.keys() == {part.name for part in spec.fields if part.kind not in NOT_MADE}
    for name, value in in_torch.items():
        torch.testing.assert_close(in_onnx[name], value, rtol=0, atol=family.tolerance, equal_nan=True)


def test_a_fine_tuning_begins_with_the_weights_that_its_parent_exported(family, tmp_path):
    if "parent" not in family.roles:
        pytest.skip("begins afresh each time")
    parent = exported(family, trained(family, tmp_path / "parent", steps=3).exported())
    child = training(family, tmp_path / "child", seed="2", parent=parent).state
    assert same(exported(family, child.nets), parent)
    assert same(exported(family, child.exported()), parent)
