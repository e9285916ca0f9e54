"""FID: how far the features of made pictures are from those of real ones (Heusel et al. 2017)."""

from __future__ import annotations

from typing import ClassVar, Literal

from workers.contracts import Figure, Plugin, Sample
from workers.metrics.embedded import at_most, both
from workers.metrics.embedders import network_name
from workers.metrics.frechet import distance
from workers.metrics.resampling import jackknife


class Fid(Plugin):
    """The Fréchet distance on a named feature network. It is biased upwards, the more so the fewer items there are."""

    name: ClassVar[str] = "fid"
    title: ClassVar[str] = "Fréchet distance (FID)"
    title_zh: ClassVar[str] = "弗雷歇距离（FID）"
    summary: ClassVar[str] = "How far made pictures are from real ones in a feature network; compare equal counts only."
    summary_zh: ClassVar[str] = "生成图像与真实图像在特征网络中的距离；只在样本数相同时可比。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "lower"
    headline: ClassVar[str] = f"fid_{network_name()}"

    while_training: ClassVar[Literal["", "shown", "judges"]] = "shown"

    most: int = at_most()

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`fid_NETWORK`, n the size of the smaller side."""
        theirs, ours, network = both(real, made, self.most, seed)
        return {f"fid_{network.name}": jackknife(distance, theirs, ours, seed, floor=0.0)}


PLUGIN = Fid
