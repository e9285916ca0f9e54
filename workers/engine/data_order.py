"""In which order items are seen: epoch after epoch, each shuffled by (seed, epoch) alone."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from workers.engine.streams import generator


@lru_cache(maxsize=4)
def shuffled(seed: str, epoch: int, items: int) -> Tensor:
    """The order of one epoch, (items,) int64."""
    return torch.randperm(items, generator=generator(seed, epoch, "data order"))


def batch_at(seed: str, seen: int, batch_size: int, items: int) -> Tensor:
    """Indices (batch_size,) of the batch that follows after `seen` items; a batch may span epochs."""
    parts = []
    while batch_size > 0:
        epoch, offset = divmod(seen, items)
        part = shuffled(seed, epoch, items)[offset : offset + batch_size]
        parts.append(part)
        seen, batch_size = seen + len(part), batch_size - len(part)
    return torch.cat(parts)
