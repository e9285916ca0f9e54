"""How likely pictures are under what a decoder says of them: negative log-likelihoods in nats per picture.

Pictures are (B, C, H, W) in -1..1; `logits`, of the same shape, are those of (picture + 1) / 2.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, softplus

from workers.contracts import knob

Likelihood = Literal["mse", "bernoulli", "gaussian", "logistic"]
STEP = 2 / 255  # between two grey levels of a byte, in -1..1
LEAST_LOG_SCALE = math.log(STEP / 4)  # noise below the rounding of the files cannot be told from none


def squared(logits: Tensor, real: Tensor) -> Tensor:
    """The sum of squared differences, (B,): a normal distribution of variance 1/2, up to a constant."""
    return (mean_of(logits) - real).square().flatten(1).sum(1)


def bernoulli(logits: Tensor, real: Tensor) -> Tensor:
    """Each value as the probability of light (Kingma & Welling 2014, appendix C.1), (B,)."""
    return binary_cross_entropy_with_logits(logits, (real + 1) / 2, reduction="none").flatten(1).sum(1)


def gaussian(logits: Tensor, real: Tensor, log_scale: Tensor) -> Tensor:
    """A normal distribution whose standard deviation is learned for each channel (Rybkin et al. 2021, eq. 4), (B,)."""
    log_sigma = bounded(log_scale)  # (C, 1, 1)
    distance = (real - mean_of(logits)) * (-log_sigma).exp()
    return (distance.square() / 2 + log_sigma + math.log(2 * math.pi) / 2).flatten(1).sum(1)


def discretised_logistic(logits: Tensor, real: Tensor, log_scale: Tensor) -> Tensor:
    """The probability of a grey level under a logistic distribution (Salimans et al. 2017, eq. 2, of one component).

    A level holds all that rounds to it, the darkest and the lightest whatever lies beyond. Of the levels between,
    sigmoid(a) - sigmoid(b) is written as sigmoid(a) sigmoid(-b) (1 - exp(b - a)), which neither over- nor underflows.
    """
    log_s = bounded(log_scale)
    inverse, centre = (-log_s).exp(), mean_of(logits)
    above, below = (real - centre + STEP / 2) * inverse, (real - centre - STEP / 2) * inverse
    to_lower, to_upper = logsigmoid(above), logsigmoid(-below)
    between = to_lower + to_upper + torch.log(-torch.expm1(-STEP * inverse))
    said = torch.where(real < -1 + STEP / 2, to_lower, torch.where(real > 1 - STEP / 2, to_upper, between))
    return -said.flatten(1).sum(1)


def mean_of(logits: Tensor) -> Tensor:
    """The middle of the distribution, in -1..1."""
    return (logits / 2).tanh()


def bounded(log_scale: Tensor) -> Tensor:
    """(C,) as (C, 1, 1), softly kept above LEAST_LOG_SCALE, so that pictures all alike have a best scale too."""
    return (LEAST_LOG_SCALE + softplus(log_scale.float() - LEAST_LOG_SCALE))[:, None, None]


def nats(likelihood: Likelihood, logits: Tensor, real: Tensor, log_scale: Tensor | None) -> Tensor:
    """Negative log-likelihood of `real` (B, C, H, W) in nats per picture, (B,), of mse up to a constant."""
    if likelihood == "bernoulli":
        return bernoulli(logits, real)
    if likelihood == "mse" or log_scale is None:
        return squared(logits, real)
    return (gaussian if likelihood == "gaussian" else discretised_logistic)(logits, real, log_scale)


def likelihood_knob() -> Any:
    """Which of them."""
    return knob(
        "mse",
        shapes=True,
        title_zh="似然",
        advanced=True,
        choices={
            "mse": ("squared error (mse)", "平方误差（mse）"),
            "bernoulli": ("probability of light (bernoulli)", "亮度概率（bernoulli）"),
            "gaussian": ("normal noise, learned (gaussian)", "可学习的正态噪声（gaussian）"),
            "logistic": ("grey levels, learned noise (logistic)", "离散灰度，可学习噪声（logistic）"),
        },
        help="How a difference counts: mse, squared; bernoulli, as probability of light, for nearly black-white data; "
        "gaussian and logistic learn how much noise the data have: sharper, with more in the code.",
        help_zh="误差的计算方式：mse 为平方误差；bernoulli 把像素视为亮的概率，适合近似黑白的数据；"
        "gaussian 与 logistic 会学习数据的噪声大小，结果更清晰。",
    )
