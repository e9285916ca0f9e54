"""WGAN-GP: when which network learns, what the critic is held to, and which pictures it takes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models_store.errors import InvalidInput
from workers.contracts import Field, Phase, Spec
from workers.engine.streams import SeededStreams
from workers.families.wgan_gp import WganGp


def pictures(shape: tuple[int, ...]) -> Spec:
    return Spec("image", (Field("image", "continuous", shape),))


def small(**said: object) -> WganGp:
    return WganGp(**{"width": 4, "latent_dim": 8} | said)


def phases(family: WganGp, nets: dict[str, nn.Module], image: Tensor, step: int = 0) -> list[Phase]:
    return list(family.phases(nets, {"image": image}, SeededStreams("1", step)))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 64, 64)])
def test_the_picture_has_the_shape_of_the_data(shape):
    family = small()
    family.check(pictures(shape))
    assert family.build(pictures(shape))["generator"](torch.zeros(2, 8)).shape == (2, *shape)


@pytest.mark.parametrize("shape", [(1, 24, 24), (2, 32, 32), (1, 32, 64)])
def test_other_shapes_are_refused_with_what_would_do(shape):
    with pytest.raises(InvalidInput) as refused:
        small().check(pictures(shape))
    assert "8, 16, 32, 64, 128, 256" in refused.value.expected


def test_the_critic_learns_at_every_step_and_the_generator_at_every_third():
    family = small(critic_steps=3)
    nets, image = family.build(pictures((1, 8, 8))), torch.zeros(4, 1, 8, 8)
    learned = [[phase.learns[0] for phase in phases(family, nets, image, step)] for step in range(4)]
    assert learned == [["critic", "generator"], ["critic"], ["critic"], ["critic", "generator"]]


class Slope(nn.Module):
    """A critic that is as steep as it was told, everywhere."""

    def __init__(self, steep: float) -> None:
        super().__init__()
        self.steep = nn.Parameter(torch.tensor(steep))

    def forward(self, image: Tensor) -> Tensor:
        flat = image.flatten(1)
        return self.steep * flat.sum(1) / flat.shape[1] ** 0.5


@pytest.mark.parametrize("steep", [1.0, 3.0])
def test_a_critic_is_charged_for_the_square_of_what_its_slope_is_off_one(steep):
    family = small(penalty=10.0)
    nets = family.build(pictures((1, 8, 8))) | {"critic": Slope(steep)}
    found = phases(family, nets, torch.rand(4, 1, 8, 8))[0].losses["penalty"]
    torch.testing.assert_close(found, torch.full((4,), 10 * (steep - 1) ** 2), rtol=1e-4, atol=1e-4)


def test_the_penalty_moves_the_critic_and_stays_float32_where_networks_run_in_half_precision():
    family = small()
    nets = family.build(pictures((1, 8, 8)))
    with torch.autocast("cpu", torch.bfloat16):
        penalty = phases(family, nets, torch.rand(4, 1, 8, 8))[0].losses["penalty"]
    assert penalty.dtype == torch.float32
    penalty.sum().backward()
    moved = [weight.grad is not None and bool(weight.grad.any()) for weight in nets["critic"].gather.parameters()]
    assert moved[0]


def test_a_verdict_does_not_depend_on_the_other_pictures_of_the_batch():
    critic = small().build(pictures((1, 8, 8)))["critic"]
    image = torch.rand(6, 1, 8, 8)
    torch.testing.assert_close(critic(image)[:2], critic(image[:2]))


def test_two_points_are_told_apart_by_how_far_they_are_apart():
    """Of two single points the distance is that between them (Arjovsky et al. 2017, eq. 2): a critic of slope 1."""
    family = small(penalty=10.0, critic_steps=100, critic_lr=0.05)
    nets = family.build(pictures((1, 8, 8))) | {"critic": Slope(0.2), "generator": Still()}
    mover, real = torch.optim.Adam(nets["critic"].parameters(), 0.05), torch.full((4, 1, 8, 8), 0.5)
    for step in range(1, 80):
        losses = phases(family, nets, real, step)[0].losses
        mover.zero_grad()
        torch.stack([loss.mean() for loss in losses.values()]).sum().backward()
        mover.step()
    told = -float((losses["on_real"] + losses["on_made"]).detach().mean())
    distance = 0.5 * 64**0.5  # 0.5 in each of 64 pixels
    assert told == pytest.approx(
        distance * (1 + distance / 20), rel=0.02
    )  # the penalty of 10 lets it be steeper by d/20


class Still(nn.Module):
    """A generator of one picture."""

    def forward(self, noise: Tensor) -> Tensor:
        return torch.zeros(len(noise), 1, 8, 8)
