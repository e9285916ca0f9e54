"""Adapters: nothing at first, the base stays to the bit, and what is exported is one plain network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models_store.errors import InvalidInput
from tests.training import drawn_data, training
from workers.contracts import Stopped
from workers.engine import checkpoint
from workers.engine.loop import Training
from workers.engine.parameters import NeedsParent, check_needs_parent
from workers.families.ddpm import Ddpm
from workers.families.denoising import ADAPTERS, NETWORK
from workers.families.flow_matching import FlowMatching


def attentive(family: Any) -> Any:
    """The family with attention at every stage of its toy."""
    return type(f"Attentive{family.__name__}", (family,), {"toy": {**family.toy, "attention_px": 4}})


pytestmark = pytest.mark.parametrize(
    "family", [pytest.param(attentive(Ddpm), id="ddpm"), pytest.param(attentive(FlowMatching), id="flow")]
)


def adapted(family: Any) -> Any:
    """The family with adapters in its toy."""
    return type(f"Adapted{family.__name__}", (family,), {"toy": {**family.toy, "adapter_rank": 2}})


def exported(family: Any, nets: Any) -> dict[str, Tensor]:
    graphs = family(**family.toy).graphs(nets, family.toy_spec)
    return {f"{NETWORK}/{key}": value.clone() for key, value in graphs[NETWORK].module.state_dict().items()}


def parent_of(family: Any, folder: Path) -> dict[str, Tensor]:
    """What a training of all weights leaves, with output layers that are no longer zero."""
    return exported(family, training(family, folder / "parent", steps=3, average_decay=0.0).run().exported())


def child_of(family: Any, folder: Path, name: str, **said: Any) -> Training:
    return training(adapted(family), folder / name, seed="2", parent=parent_of(family, folder), **said)


def test_fresh_adapters_change_nothing(family, tmp_path):
    parent = parent_of(family, tmp_path)
    begun = training(adapted(family), tmp_path / "child", parent=parent).state
    assert begun.nets[ADAPTERS].names
    for nets in (begun.nets, begun.exported()):
        assert all(torch.equal(value, parent[name]) for name, value in exported(adapted(family), nets).items())


def test_the_base_stays_to_the_bit_and_so_does_its_average(family, tmp_path):
    parent = parent_of(family, tmp_path)
    state = training(adapted(family), tmp_path / "child", parent=parent, steps=4).run()
    for net in (state.nets[NETWORK], state.averages[NETWORK]):
        assert all(torch.equal(value, parent[f"{NETWORK}/{name}"]) for name, value in net.state_dict().items())


def test_only_attention_differs_and_by_no_more_than_the_rank(family, tmp_path):
    parent = parent_of(family, tmp_path)
    state = training(adapted(family), tmp_path / "child", parent=parent, steps=4).run()
    changes = {name: value - parent[name] for name, value in exported(adapted(family), state.exported()).items()}
    moved = {name: change for name, change in changes.items() if change.any()}
    assert moved
    assert {name.split(".")[-3] for name in moved} == {"attention"}
    for change in moved.values():
        assert torch.linalg.matrix_rank(change, rtol=1e-3) <= 2


def test_a_merged_network_says_what_the_adapters_say(family, tmp_path):
    state = child_of(family, tmp_path, "child", steps=4).run()
    net, adapters = state.nets[NETWORK].eval(), state.nets[ADAPTERS]
    batch = drawn_data(family.toy_spec, 5)
    inputs = (batch["image"], torch.arange(5), batch.get("condition", torch.zeros(5, dtype=torch.int64)) + 1)
    with torch.no_grad():
        torch.testing.assert_close(adapters.run(net, *inputs), adapters.merged(net)(*inputs))
        assert not torch.allclose(adapters.run(net, *inputs), net(*inputs))


def test_an_interrupted_training_of_adapters_ends_on_the_same_bits(family, tmp_path):
    whole = child_of(family, tmp_path, "whole", steps=5).run()
    wants = iter(["", "", "pause"])
    part = child_of(family, tmp_path, "part", steps=5, wants=lambda: next(wants, ""))
    with pytest.raises(Stopped):
        part.run()
    rest = training(adapted(family), tmp_path / "rest", seed="2", steps=5)
    rest.resume(*checkpoint.read(sorted((tmp_path / "part" / "checkpoints").iterdir())[-1]))
    resumed = rest.run()
    assert all(torch.equal(value, resumed.tensors()[name]) for name, value in whole.tensors().items())


def test_the_same_pictures_cost_fewer_numbers_to_learn(family):
    made = adapted(family)(**adapted(family).toy)
    nets = made.build(family.toy_spec)
    learned = [weight for net in nets.values() for weight in net.parameters() if weight.requires_grad]
    assert {id(weight) for weight in learned} == {id(weight) for weight in nets[ADAPTERS].parameters()}
    assert set(made.optimizers(nets)) == {ADAPTERS}


def test_adapters_without_a_parent_are_refused_with_the_way_out(family):
    made = family(adapter_rank=4)
    with pytest.raises(NeedsParent, match="name a parent") as refused:
        check_needs_parent([made], {"data": {}})
    assert (refused.value.field, refused.value.expected, refused.value.got) == ("params.adapter_rank", 0, 4)
    check_needs_parent([made], {"data": {}, "parent": {}})
    check_needs_parent([family()], {"data": {}})


def test_adapters_of_a_network_without_attention_are_refused(family):
    with pytest.raises(InvalidInput, match="this network has none"):
        family(adapter_rank=4, attention_px=0).check(family.toy_spec)
