"""DCGAN: which pictures it takes, and what it does with classes."""

from __future__ import annotations

import pytest
import torch

from models_store.errors import InvalidInput
from workers.contracts import Field, Spec
from workers.engine.streams import SeededStreams
from workers.families.dcgan import Dcgan
from workers.registry import describe


def pictures(shape: tuple[int, ...], classes: tuple[str, ...] = ()) -> Spec:
    condition = (Field("condition", "condition", (), len(classes), classes),) if classes else ()
    return Spec("image", (Field("image", "continuous", shape), *condition))


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 32, 32), (1, 64, 64), (3, 128, 128)])
def test_the_picture_has_the_shape_of_the_data(shape):
    family = Dcgan(width=4, latent_dim=8)
    family.check(pictures(shape))
    made = family.build(pictures(shape))["generator"](torch.zeros(2, 8))
    assert made.shape == (2, *shape)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 24, 24), (2, 32, 32), (1, 32, 64), (1, 256, 256), (32,)])
def test_other_shapes_are_refused_with_what_would_do(shape):
    with pytest.raises(InvalidInput) as refused:
        Dcgan().check(pictures(shape))
    assert "16, 32, 64, 128" in refused.value.expected
    assert refused.value.got[0]["shape"] == list(shape)


def test_announced_shapes_are_those_it_takes():
    for shape in Dcgan.item_shapes:
        Dcgan().check(pictures(shape))
    assert describe("family", Dcgan)["abilities"]["item_shapes"] == [list(shape) for shape in Dcgan.item_shapes]


def losses(family: Dcgan, classes: tuple[str, ...]) -> list[set[str]]:
    nets = family.build(pictures((1, 16, 16), classes))
    batch = {"image": torch.zeros(4, 1, 16, 16), "condition": torch.tensor([0, 1, 0, 1])}
    return [set(phase.losses) for phase in family.phases(nets, batch, SeededStreams("1", 0))]


def test_the_discriminator_learns_classes_where_there_are_some():
    family = Dcgan(width=4, latent_dim=8)
    assert losses(family, ("one", "two")) == [{"on_real", "on_made", "classes"}, {"generator"}]
    assert losses(family, ()) == [{"on_real", "on_made"}, {"generator"}]


def test_classes_can_be_left_out():
    assert "classes" not in losses(Dcgan(width=4, latent_dim=8, use_classes=False), ("one", "two"))[0]
