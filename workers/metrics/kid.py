"""KID: the squared maximum mean discrepancy of features (Binkowski et al. 2018)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from workers.contracts import Figure, Plugin, Sample, knob
from workers.engine.streams import generator
from workers.metrics.embedded import at_most, both
from workers.metrics.embedders import network_name

LEAST_DRAWS, MOST_DRAWS = 20, 100  # of blocks
Z_95 = 1.96


class Kid(Plugin):
    """An unbiased distance, so that small counts can be compared with large ones; around 0, it may be below."""

    name: ClassVar[str] = "kid"
    title: ClassVar[str] = "Kernel distance (KID)"
    title_zh: ClassVar[str] = "核距离（KID）"
    summary: ClassVar[str] = "How far made pictures are from real ones in a feature network, whatever their count."
    summary_zh: ClassVar[str] = "生成图像与真实图像在特征网络中的距离，不受样本数影响。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "lower"
    headline: ClassVar[str] = f"kid_{network_name()}"

    while_training: ClassVar[Literal["", "shown", "judges"]] = "judges"

    most: int = at_most()
    block: int = knob(
        500,
        low=10,
        high=2000,
        unit="items",
        advanced=True,
        help="Items of each side that are compared at once; the figure is a mean over many such blocks.",
        help_zh="每次比较时双方各取的样本数；结果为多次比较的平均。",
        title="Block",
        title_zh="分块大小",
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`kid_NETWORK`, n the size of the smaller side."""
        theirs, ours, network = both(real, made, self.most, seed)
        return {f"kid_{network.name}": kernel_distance(theirs, ours, self.block, seed)}


def kernel_distance(one: Tensor, other: Tensor, block: int, seed: int) -> Figure:
    """The mean of the estimate over blocks of items drawn without repetition, and 1.96 standard errors of it.

    Blocks share items, the more so the larger a share of all they are, and so differ less than independent ones would:
    the variance over blocks of m of n items is taken m / (n - m) times, as the jackknife that leaves n - m out does
    (Shao & Wu 1989).
    """
    fewest = min(len(one), len(other))
    size, draws = min(block, fewest // 2), generator(seed, 0, "kid")
    found = torch.tensor(
        [
            discrepancy(*(side[torch.randperm(len(side), generator=draws)[:size]] for side in (one, other)))
            for _ in range(min(MOST_DRAWS, max(LEAST_DRAWS, 4 * fewest // size)))
        ],
        dtype=torch.double,
    )
    error = found.std().item() * (size / (fewest - size)) ** 0.5
    value = found.mean().item()
    return Figure(value, fewest, "", value - Z_95 * error, value + Z_95 * error)


def discrepancy(one: Tensor, other: Tensor) -> float:
    """The unbiased estimate of MMD^2 between (m, F) and (m, F) with k(x, y) = (x.y / F + 1)^3 (eqs. 3 and 4)."""
    count, size = one.shape
    one, other = one.double(), other.double()
    within = sum(_kernel(side, side, size).fill_diagonal_(0).sum() for side in (one, other))
    return float(within / (count * (count - 1)) - 2 * _kernel(one, other, size).mean())


def _kernel(one: Tensor, other: Tensor, size: int) -> Tensor:
    return (one @ other.T / size + 1) ** 3


PLUGIN = Kid
