"""The slope of a discriminator at a picture, against what calculus says of simple ones."""

from __future__ import annotations

import torch

from workers.families.gradient_penalty import squared_slopes

PICTURES = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(1))


def test_a_linear_judge_has_the_slope_of_its_weights_everywhere():
    weight = torch.arange(16.0)
    found = squared_slopes(lambda at: at.flatten(1) @ weight, PICTURES)
    torch.testing.assert_close(found, weight.square().sum().expand(3))


def test_a_square_is_as_steep_as_twice_its_picture():
    found = squared_slopes(lambda at: at.square().flatten(1).sum(1), PICTURES)
    torch.testing.assert_close(found, 4 * PICTURES.square().flatten(1).sum(1))


def test_it_can_be_learned_from_and_stays_float32_where_networks_run_in_half_precision():
    net = torch.nn.Conv2d(1, 1, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = squared_slopes(lambda at: net(at).flatten(1).sum(1), PICTURES.bfloat16())
    assert found.dtype == torch.float32
    found.sum().backward()
    torch.testing.assert_close(net.weight.grad, 2 * 3 * net.weight.detach())  # d (3 |w|^2) / dw
