"""Likelihoods of pictures: each is a distribution, and what is learned of the noise is what the data have."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal

from workers.families import likelihoods

LEVELS = torch.arange(256).float().div(127.5).sub(1)


def logits_of(mean: torch.Tensor) -> torch.Tensor:
    return torch.log((1 + mean) / (1 - mean))


@pytest.mark.parametrize("log_scale", [-5.5, -2.0, 1.0])
@pytest.mark.parametrize("mean", [-0.999, -0.3, 0.7])
def test_the_grey_levels_of_the_logistic_likelihood_add_up_to_one(mean, log_scale):
    real = LEVELS[:, None, None, None]
    said = likelihoods.discretised_logistic(logits_of(torch.full_like(real, mean)), real, torch.tensor([log_scale]))
    assert (-said).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_far_from_its_middle_the_logistic_likelihood_stays_finite_and_has_a_gradient():
    real, log_scale = torch.full((1, 1, 4, 4), 1.0), torch.tensor([-30.0], requires_grad=True)
    logits = torch.full((1, 1, 4, 4), -20.0, requires_grad=True)
    said = likelihoods.discretised_logistic(logits, real, log_scale)
    said.sum().backward()
    assert all(value.isfinite().all() for value in (said, logits.grad, log_scale.grad))


def test_the_gaussian_likelihood_is_that_of_torch():
    real, mean, log_scale = torch.rand(3, 2, 4, 4) * 2 - 1, torch.rand(3, 2, 4, 4) - 0.5, torch.tensor([-1.0, 0.3])
    sigma = likelihoods.bounded(log_scale).exp()
    said = likelihoods.gaussian(logits_of(mean), real, log_scale)
    torch.testing.assert_close(said, -Normal(mean, sigma).log_prob(real).flatten(1).sum(1), rtol=1e-4, atol=1e-3)


def test_the_best_learned_deviation_is_the_root_of_the_mean_squared_error():
    """Rybkin et al. 2021, eq. 5."""
    real = torch.rand(64, 1, 4, 4, generator=torch.Generator().manual_seed(1)) * 0.4
    mse = real.square().mean()
    log_scale = mse.log().div(2).reshape(1).requires_grad_()
    likelihoods.gaussian(torch.zeros_like(real), real, log_scale).mean().backward()
    assert abs(log_scale.grad.item()) < 0.05 * 16  # of the 16 that the logarithm alone would pull with


def test_pictures_all_alike_have_a_best_scale_that_is_finite():
    real = torch.zeros(2, 1, 4, 4)
    said = [
        likelihoods.gaussian(real, real, torch.tensor([log_scale])).sum().item() for log_scale in (-8.0, -50.0, -1e4)
    ]
    assert said[0] > said[1] >= said[2] > -torch.inf
