"""The Fréchet distance between two sets of features, taken as normal distributions (Heusel et al. 2017, eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor

JITTER = 1e-12  # of the mean variance, so that a covariance of few items has a root too


def distance(one: Tensor, other: Tensor) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of features (N, F) and (M, F), in float64.

    With C = R^T R, the trace of the root is the sum of the singular values of R1 R2^T. Where there are fewer items
    than features, R is the centred items themselves, and the cost is that of a matrix of that many rows.
    """
    (mean1, root1), (mean2, root2) = (moments(side) for side in (one, other))
    between = root1 @ root2.T
    gram = between @ between.T if between.shape[0] <= between.shape[1] else between.T @ between
    cross = torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().sum()
    spread = root1.square().sum() + root2.square().sum()
    return max(0.0, float((mean1 - mean2).square().sum() + spread - 2 * cross))


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (F,) and a root R (K, F) of the covariance, R^T R = C, with K = min(N, F), both float64."""
    mean = features.mean(0, dtype=torch.float64)
    count, size = features.shape
    if count <= size:
        return mean, (features.double() - mean) / max(1, count - 1) ** 0.5
    covariance = torch.zeros(size, size, dtype=torch.float64)
    for part in features.split(4096):
        centred = part.double() - mean
        covariance.addmm_(centred.T, centred)
    covariance /= count - 1
    covariance.diagonal().add_(JITTER * covariance.diagonal().mean() + 1e-300)
    return mean, torch.linalg.cholesky(covariance, upper=True)
