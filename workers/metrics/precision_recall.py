"""Precision and recall of made items by nearest neighbours (Kynkaanniemi et al. 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor
from torch.nn import functional

from workers.contracts import Figure, Plugin, Sample, knob
from workers.metrics.embedded import real_pictures
from workers.metrics.neighbours import reaches, within
from workers.metrics.recognition import NotMeasurable, features, learned_from, pictures
from workers.metrics.resampling import share

PIXELS_PX = 16  # without classes, pictures are compared as averages over this many pixels a side


class PrecisionRecall(Plugin):
    """Precision: made items that look real. Recall: real items that the model could have made."""

    name: ClassVar[str] = "precision_recall"
    title: ClassVar[str] = "Precision and recall"
    title_zh: ClassVar[str] = "精确率与召回率"
    summary: ClassVar[str] = "The share of made items near real ones, and of real items near made ones."
    summary_zh: ClassVar[str] = "接近真实数据的生成样本比例，以及接近生成样本的真实数据比例。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "higher"
    headline: ClassVar[str] = "precision"

    neighbours: int = knob(
        5, low=1, high=50, help="k: neighbours that span the manifold.", help_zh="近邻数 k。", title_zh="近邻数"
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`precision` over the made items and `recall` over as many real ones, holdout first, then `train`."""
        images = real_pictures(real, len(made.fields["image"]), seed)
        fewest = min(len(images), len(made.fields["image"]))
        if fewest <= self.neighbours:
            raise NotMeasurable(
                "Too few items for that many neighbours.",
                field="neighbours",
                expected=f"< {fewest}",
                got=self.neighbours,
            )
        there, here = embedded(real, images, seed), embedded(real, pictures(made.fields), seed)
        return {
            "precision": share(covered(here, there, self.neighbours), seed),
            "recall": share(covered(there, here, self.neighbours), seed),
        }


def embedded(real: Sample, images: Tensor, seed: int) -> Tensor:
    """Features (N, F): the recogniser's where the data have classes, averaged pixels where not."""
    if len(real.spec.classes) >= 2:
        return features(learned_from(real, seed), images)
    return functional.adaptive_avg_pool2d(images, PIXELS_PX).flatten(1)


def covered(asked: Tensor, others: Tensor, k: int) -> Tensor:
    """Which of `asked` (N, F) lie in a ball around one of `others` (M, F) that reaches its k-th neighbour (eq. 1)."""
    return within(asked, others, reaches(others, k))[0] > 0


PLUGIN = PrecisionRecall
