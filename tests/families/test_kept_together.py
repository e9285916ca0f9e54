"""A GAN that goes on from another has its discriminator too, as far as there is one that fits."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor

from workers.contracts import Field, Spec
from workers.engine.device import Compute
from workers.engine.training_state import TrainingState
from workers.families.dcgan import Dcgan
from workers.families.gan import Gan
from workers.families.wgan_gp import WganGp


def begun(kind: Any, seed: str, parent: dict[str, Tensor] | None = None, spec: Spec | None = None) -> dict[str, Any]:
    """The networks of the toy at its first step, as {network: its tensors}."""
    family = kind(**kind.toy)
    nets = TrainingState.begin(family, spec or kind.toy_spec, seed, Compute("cpu", "fp32", 1), parent).nets
    return {name: net.state_dict() for name, net in nets.items()}


def exported(kind: Any) -> dict[str, Tensor]:
    """What a bundle keeps of the toy with fresh weights."""
    family = kind(**kind.toy)
    nets = TrainingState.begin(family, kind.toy_spec, "1", Compute("cpu", "fp32", 1)).exported()
    graphs = family.graphs(nets, kind.toy_spec)
    return {f"{name}/{key}": value for name, one in graphs.items() for key, value in one.module.state_dict().items()}


def differing(one: dict[str, Tensor], other: dict[str, Tensor]) -> set[str]:
    return {name for name, value in one.items() if not value.equal(other[name])}


@pytest.mark.parametrize("kind", [Dcgan, Gan, WganGp])
def test_both_networks_go_on_where_they_were(kind):
    was, now = begun(kind, "1"), begun(kind, "2", exported(kind))
    assert {name: differing(net, now[name]) for name, net in was.items()} == {key: set() for key in was}


@pytest.mark.parametrize("kind", [Dcgan, Gan])
def test_beside_a_generator_that_was_kept_alone_the_discriminator_begins_afresh(kind):
    alone = {name.replace("/generator.", "/"): value for name, value in exported(kind).items() if "/generator." in name}
    now = begun(kind, "2", alone)
    assert not differing(begun(kind, "1")["generator"], now["generator"])
    assert not differing(begun(kind, "2")["discriminator"], now["discriminator"])


def test_data_of_other_classes_begin_the_verdicts_afresh_and_nothing_else():
    image, _ = Dcgan.toy_spec.fields
    three = Spec("image", (image, Field("condition", "condition", (), 3, ("one", "two", "three"))))
    now, fresh = begun(Dcgan, "2", exported(Dcgan), three), begun(Dcgan, "2", spec=three)
    verdicts = {"judge.weight", "judge.bias"}
    assert not differing({name: fresh["discriminator"][name] for name in verdicts}, now["discriminator"])
    rest = {name: value for name, value in begun(Dcgan, "1")["discriminator"].items() if name not in verdicts}
    assert not differing(rest, now["discriminator"])
