"""Features of the two sides of a comparison; kept in the process, since several metrics look at the same pictures."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import torch
from torch import Tensor

from workers.contracts import Sample, knob
from workers.engine.streams import generator
from workers.metrics.embedders import Embedder, embedder
from workers.metrics.recognition import NotMeasurable, pictures

FEWEST = 10  # items a side, below which no figure of a distribution means anything


def at_most(default: int = 10_000) -> int:
    """The knob for how many items of each side are looked at."""
    made: int = knob(
        default,
        low=100,
        high=50_000,
        unit="items",
        help="At most so many items of each side are looked at, chosen by the seed.",
        help_zh="每一方最多使用的样本数，由种子选出。",
        title="At most",
        title_zh="样本上限",
        advanced=True,
    )
    return made


def both(real: Sample, made: Sample, most: int, seed: int) -> tuple[Tensor, Tensor, Embedder]:
    """Features of real items (N, F), unseen ones first, then a seeded choice of `train`, and of made ones (M, F).

    As many real ones as made ones where there are so many; NotMeasurable where either side has fewer than FEWEST.
    """
    ours, network = some(pictures(made.fields), most, seed), embedder()
    theirs = real_pictures(real, min(most, max(len(ours), len(real.fields["image"]))), seed)
    for side, images in (("real", theirs), ("made", ours)):
        if len(images) < FEWEST:
            raise NotMeasurable(f"Too few {side} items.", field="count", expected=f"at least {FEWEST}", got=len(images))
    return features(theirs, network), features(ours, network), network


def real_pictures(real: Sample, wanted: int, seed: int) -> Tensor:
    """`wanted` real pictures where there are as many: unseen ones first, then a seeded choice of `train`."""
    images = pictures(real.fields)[:wanted]
    if len(images) < wanted and real.train:
        order = torch.randperm(len(real.train), generator=generator(seed, 0, "real"))
        images = torch.cat([images, pictures(real.train.fields(order[: wanted - len(images)]))])
    return images


def some(images: Tensor, most: int, seed: int) -> Tensor:
    """At most so many pictures, a seeded choice in their order."""
    if len(images) <= most:
        return images
    return images[torch.randperm(len(images), generator=generator(seed, 0, "some"))[:most].sort().values]


class _Held:
    """Pictures that are equal when their digest is, as a key to what was computed of them."""

    def __init__(self, images: Tensor, network: Embedder) -> None:
        self.images, self.network = images.contiguous(), network
        said = hashlib.sha256(f"{network.name}|{tuple(images.shape)}|".encode())
        said.update(self.images.numpy().data)
        self.digest = said.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(maxsize=4)
def _features(held: _Held) -> Tensor:
    made = held.network.embed(held.images)
    del held.images  # the key stays as long as the features do; it is told by its digest
    return made


def features(images: Tensor, network: Embedder) -> Tensor:
    """Features (N, F) of pictures (N, C, H, W); the last four sets are kept."""
    return _features(_Held(images, network))
