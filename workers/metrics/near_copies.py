"""How many made items are near copies of what could be learned from."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import torch

from workers.contracts import Figure, Items, Pair, Plugin, Sample
from workers.engine.near_index import KINDS, NearIndex, items_of
from workers.engine.near_threshold import interval
from workers.engine.sources import Source
from workers.metrics.recognition import NotMeasurable
from workers.plugins import plugin

SHOWN = 10  # pairs


class NearCopies(Plugin):
    """The rate of near copies with its interval, and from which distance on an item counts as one.

    It says nothing of how good a model is: one that makes noise has no near copies. And no near copy is no guarantee
    of privacy.
    """

    name: ClassVar[str] = "near_copies"
    title: ClassVar[str] = "Near copies"
    title_zh: ClassVar[str] = "近似复制"
    summary: ClassVar[str] = (
        "The share of made items nearer to an item of the training data than unrelated real items are."
    )
    summary_zh: ClassVar[str] = "比无关真实样本更接近某个训练样本的生成样本所占比例。"
    modalities: ClassVar[tuple[str, ...]] = tuple(KINDS)
    better: ClassVar[Literal["higher", "lower", "none"]] = "none"
    headline: ClassVar[str] = "near_copies"

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`near_copies` (share) with its 95 % score interval, `near_copy_threshold` (distance; n unseen items)."""
        return self.measure_and_pair(real, made, seed, 0)[0]

    def measure_and_pair(
        self, real: Sample, made: Sample, seed: int, most: int = SHOWN
    ) -> tuple[dict[str, Figure], list[Pair]]:
        """The figures, and the `most` nearest pairs of a made and a real item, nearest first."""
        if real.train is None or not len(real.train):
            raise NotMeasurable("There is nothing that was learned from.", field="train", expected="at least 1 item")
        modality, unseen = plugin("modality", real.spec.modality)(), Source(real.fields, dict)
        index = NearIndex.build(modality, real.spec, real.train, unseen)
        if index is None:
            raise NotMeasurable(field="dataset", expected=sorted(KINDS), got=modality.name)
        ours = Source(made.fields, dict)
        found = [index.nearest(items) for items in _all(ours, modality, real)]
        distances, near, rows = (np.concatenate(parts) for parts in zip(*found, strict=True))
        low, high = interval(int(near.sum()), len(near))
        known = index.threshold
        figures = {
            "near_copies": Figure(float(near.mean()), len(near), "share", low, high),
            "near_copy_threshold": Figure(known.value, known.n, "distance"),
            "near_copy_quantile": Figure(known.quantile, known.n, "share"),
        }
        first = np.argsort(distances, kind="stable")[:most]
        return figures, [
            Pair(
                _one(ours, row, modality, real), _one(real.train, int(rows[row]), modality, real), float(distances[row])
            )
            for row in first.tolist()
        ]


def _all(items: Items, modality: Any, real: Sample) -> Any:
    return items_of(items, torch.arange(len(items)), modality, real.spec)


def _one(items: Items, row: int, modality: Any, real: Sample) -> Any:
    return modality.decode(items.fields(torch.tensor([row])), real.spec)[0]


PLUGIN = NearCopies
