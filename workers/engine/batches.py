"""The batches of a training, ready when they are asked for: from fields that stay in memory, or encoded ahead.

Whatever way a batch comes, it is the one that `batch_of` gives: where it comes from is a matter of time alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from workers.contracts import Fields
from workers.engine import memory
from workers.engine.device import Compute
from workers.engine.sources import Source, batch_of

SHARE = 1 / 8  # of the memory that there is: what fields may take that stay
GPU_SHARE = 1 / 4  # of the GPU memory that is free when the training begins
Asked = tuple[int, int, int, int]


def field_bytes(source: Source) -> int:
    """What all items take once they are fields."""
    one = source.fields(torch.zeros(1, dtype=torch.int64))
    return len(source) * sum(value.numel() * value.element_size() for value in one.values())


def room(compute: Compute) -> int:
    """Bytes that fields may take where the training computes."""
    if compute.on_gpu:
        return int(torch.cuda.mem_get_info()[0] * GPU_SHARE)
    return int(memory.there_is() * SHARE)


class Batches:
    """Of data sets by role, in the order of a seed. `resident` says whether all of them stay as fields."""

    def __init__(
        self, sources: Mapping[str, Source], seed: str, compute: Compute, room_bytes: int | None = None
    ) -> None:
        self.seed, self.compute = seed, compute
        left = room(compute) if room_bytes is None else room_bytes
        self.resident = sum(map(field_bytes, sources.values())) <= left
        self.sources = {role: self._kept(one) for role, one in sources.items()} if self.resident else dict(sources)
        self._thread = None if self.resident else ThreadPoolExecutor(1, "batches", _alone)
        self._ahead: tuple[Asked, Future[Fields]] | None = None

    def at(self, seen: int, size: int, low: int = 0, high: int | None = None) -> Fields:
        """Rows `low` up to `high` of the batch of that size that follows after `seen` items, on the device."""
        asked = (seen, size, low, size if high is None else high)
        if self._thread is None:
            return self._put(self._made(asked))
        ahead, self._ahead = self._ahead, None
        fields = ahead[1].result() if ahead and ahead[0] == asked else self._made(asked)
        following = (seen + size, *asked[1:])
        self._ahead = following, self._thread.submit(self._made, following)
        return self._put(fields)

    def close(self) -> None:
        """Let the thread go that encodes ahead."""
        if self._thread:
            self._thread.shutdown(cancel_futures=True)

    def _kept(self, source: Source) -> Source:
        """All items as fields, in the memory where they are needed; what is a field already stays where it is."""
        blocks = list(source.blocks())
        return Source({name: self.compute.put(torch.cat([one[name] for one in blocks])) for name in blocks[0]}, dict)

    def _made(self, asked: Asked) -> Fields:
        seen, size, low, high = asked
        made = batch_of(self.sources, self.seed, seen, size, low, high)
        if self.compute.on_gpu and not self.resident:
            return {name: value.pin_memory() for name, value in made.items()}
        return made

    def _put(self, fields: Fields) -> Fields:
        return {name: self.compute.put(value) for name, value in fields.items()}


def _alone() -> None:
    torch.set_num_threads(1)  # beside the threads that train
