"""The fully connected GAN: the classic sizes, any picture, and layers as a user writes them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models_store.errors import InvalidInput
from workers.contracts import Field, Spec
from workers.engine.parameters import split
from workers.engine.streams import SeededStreams
from workers.families.gan import Gan


def pictures(shape: tuple[int, ...]) -> Spec:
    return Spec("image", (Field("image", "continuous", shape),))


def small(**said: object) -> Gan:
    return Gan(**{"latent_dim": 8, "generator_layers": "8,16", "discriminator_layers": "16,8"} | said)


def of(kind: type[nn.Module], net: nn.Module) -> list[nn.Module]:
    return [layer for layer in net.modules() if isinstance(layer, kind)]


def test_the_defaults_are_the_classic_networks():
    nets = Gan().build(pictures((1, 28, 28)))
    linear = of(nn.Linear, nets["generator"])
    assert [linear[0].in_features, *(layer.out_features for layer in linear)] == [100, 128, 256, 512, 1024, 784]
    assert {layer.negative_slope for net in nets.values() for layer in of(nn.LeakyReLU, net)} == {0.2}
    assert [layer.num_features for layer in of(nn.BatchNorm1d, nets["generator"])] == [256, 512, 1024]
    assert len(of(nn.Dropout, nets["discriminator"])) == 3


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 10, 14), (1, 33, 33), (4, 7, 5)])
def test_pictures_of_any_shape_are_made_and_judged(shape):
    family = small()
    family.check(pictures(shape))
    nets = family.build(pictures(shape))
    made = nets["generator"](torch.zeros(3, 8))
    assert made.shape == (3, *shape)
    assert nets["discriminator"](made).shape == (3,)


def test_normalisation_and_dropout_can_be_left_out():
    nets = small(batch_norm=False, dropout=0.0).build(pictures((1, 8, 8)))
    assert not of(nn.BatchNorm1d, nets["generator"])
    assert not of(nn.Dropout, nets["discriminator"])


def test_an_undecided_discriminator_costs_log_2_for_each_verdict():
    family = small()
    nets = family.build(pictures((1, 8, 8)))
    nn.init.zeros_(nets["discriminator"].judge.weight)
    nn.init.zeros_(nets["discriminator"].judge.bias)
    for phase in family.phases(nets, {"image": torch.zeros(5, 1, 8, 8)}, SeededStreams("1", 0)):
        for loss in phase.losses.values():
            torch.testing.assert_close(loss, torch.full((5,), 2.0).log())


@pytest.mark.parametrize("said", ["", "0", "128,", "128;256", "12.5", "99999", "-8", ",".join(["8"] * 9)])
def test_layers_that_cannot_be_read_are_refused_by_name(said):
    with pytest.raises(InvalidInput) as refused:
        split(Gan, {"generator_layers": said})
    assert refused.value.field == "params.generator_layers"


def test_what_is_no_picture_is_refused():
    with pytest.raises(InvalidInput) as refused:
        Gan().check(pictures((32,)))
    assert refused.value.field == "data"
