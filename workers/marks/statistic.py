"""The one test that every watermark is judged by: a keyed sign pattern correlated with clipped evidence.

For evidence c that does not depend on the key, and signs s_k = +-1 that are fair and independent under the key,

    z = sum_k s_k c_k / ||c||_2        has        P(z >= t) <= exp(-t^2 / 2)

whatever c looks like (Hoeffding 1963, theorem 2: each term lies in +-c_k / ||c||). The probability is over the key, so
the bound needs no model of pictures. It asks one thing of a mark: evidence is summed per key context *before* it is
correlated, or one sign would be counted twice as if it were two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FALSE_POSITIVE_RATE = 1e-6
MILLION_JOBS_Z = 7.43  # threshold(1_000_000): what an item that is to be judged alone is marked to clear


def threshold(hypotheses: int, rate: float = FALSE_POSITIVE_RATE) -> float:
    """The z that the best of `hypotheses` unrelated keys reaches with probability `rate` at most.

    Union bound over Hoeffding: M exp(-t^2 / 2) = rate. A search over offsets, sizes or turns multiplies M.
    """
    return math.sqrt(2 * math.log(max(1, hypotheses) / rate))


def scores(patterns: NDArray[np.generic], evidence: NDArray[np.floating]) -> NDArray[np.float64]:
    """z of M patterns (M, n) against the evidence of N items (N, n), as (N, M); an item without energy scores zero."""
    length = np.linalg.norm(evidence, axis=1, keepdims=True)  # (N, 1)
    unit = np.divide(evidence, length, out=np.zeros(evidence.shape), where=length > 0).astype(np.float32)
    return (unit @ patterns.T.astype(np.float32, copy=False)).astype(np.float64)


def score(pattern: NDArray[np.int8], evidence: NDArray[np.floating]) -> float:
    """z of one pattern (n,) against one evidence (n,)."""
    return float(scores(pattern[None], evidence[None])[0, 0])


def pooled(evidence: NDArray[np.floating]) -> NDArray[np.float64]:
    """The evidence of N items of one job as one: C_k = sum_i c_ik, from (N, n) to (n,).

    The bound holds for C as it does for c, also when items repeat, because C depends on no key either. A set is found
    where no single item is: the marks add up, the pictures mostly do not.
    """
    return np.asarray(evidence, dtype=np.float64).sum(axis=0)
