"""Inception-type score: how sure a network of classes is of each picture, and how many classes it sees.

Salimans et al. 2016, section 4. The classes are the network's, not the data's: of digits or X-rays it says little.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from workers.contracts import Figure, Plugin, Sample
from workers.metrics.embedded import at_most, both
from workers.metrics.embedders import network_name
from workers.metrics.recognition import NotMeasurable
from workers.metrics.resampling import jackknife


class InceptionScore(Plugin):
    """The figure of the real items stands beside it: elsewhere only nearness to that means anything."""

    name: ClassVar[str] = "inception_score"
    title: ClassVar[str] = "Inception-type score"
    title_zh: ClassVar[str] = "Inception 类分数"
    summary: ClassVar[str] = "How clearly and how variedly a network of ImageNet's classes names made pictures."
    summary_zh: ClassVar[str] = "以 ImageNet 类别的网络衡量生成图像的清晰度与多样性。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "none"
    headline: ClassVar[str] = f"inception_score_{network_name()}"

    most: int = at_most()

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`inception_score_NETWORK` of made items, and `..._real` of as many real ones."""
        theirs, ours, network = both(real, made, self.most, seed)
        if network.classes is None:
            raise NotMeasurable(
                "This feature network names no classes.", field="metrics", expected="the bundled network",
                got=network.name,
            )  # fmt: skip
        figures = {}
        for name, features in (("", ours), ("_real", theirs[: len(ours)])):
            believed = network.classes(features)  # (N, K)
            found = jackknife(lambda one, _: score(one), believed, believed, seed, floor=1.0)
            figures[f"inception_score_{network.name}{name}"] = found
        return figures


def score(believed: Tensor) -> float:
    """exp of the mean KL divergence of each row (N, K) from their mean; 1 where all are alike, K at most."""
    entropy = torch.special.entr(believed.double())
    overall = torch.special.entr(believed.double().mean(0)).sum()
    return float((overall - entropy.sum(1).mean()).exp())


PLUGIN = InceptionScore
