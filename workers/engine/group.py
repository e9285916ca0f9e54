"""Several processes that train together, each on its rows of every batch: torchrun starts them, here they are joined.

All hold the same weights and move them by the same sums of gradients, so that any one's state is that of the training
and a checkpoint goes on with more or fewer processes. The first reads what is wanted, and alone reports and writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models_store.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD_BYTES = 1024  # at most of what the first tells the others


class PeerLost(Exception):
    """Another process of the group has ended: what it was the others cannot know, and it has said so itself."""


class TooManyProcesses(InvalidInput):
    """A batch has fewer items than there are processes to share it: ask for fewer processes or a larger batch."""

    code = "too_many_processes"


@dataclass(frozen=True)
class Group:
    """Process `rank` of `size`; one alone needs nothing of the rest."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @classmethod
    def join(cls, device: str) -> Group:
        """By what torchrun says in the environment; a process that it did not start is alone. Waits for the others."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return ALONE
        import torch.distributed as dist

        on_gpu = device.startswith("cuda")
        if on_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if on_gpu else "gloo")
        return cls(dist.get_rank(), size, "cuda" if on_gpu else "cpu")

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    def rows(self, batch_size: int) -> tuple[int, int]:
        """The rows of a batch that are this process's, from and up to; TooManyProcesses where some had none."""
        if batch_size < self.size:
            raise TooManyProcesses(field="params.batch_size", expected=f"{self.size} or more", got=batch_size)
        return batch_size * self.rank // self.size, batch_size * (self.rank + 1) // self.size

    def add_up(self, tensors: Iterable[Tensor]) -> None:
        """Each tensor becomes its sum over all processes: the same bits everywhere. One message for all of them."""
        parts = list(tensors)
        if self.size == 1 or not parts:
            return
        import torch.distributed as dist

        flat = torch.cat([part.float().flatten() for part in parts])
        with watching():
            dist.all_reduce(flat)
        pieces = flat.split([part.numel() for part in parts])
        torch._foreach_copy_(parts, [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)])

    def even_out(self, tensors: Sequence[Tensor], before: Sequence[Tensor]) -> None:
        """What each process changed of tensors that were alike everywhere, averaged; what nobody changed stays."""
        if self.size == 1 or not tensors:
            return
        moved = [now - then for now, then in zip(tensors, before, strict=True)]
        self.add_up(moved)
        for now, then, sum_ in zip(tensors, before, moved, strict=True):
            now.copy_(then + sum_ / self.size)

    def told(self, word: str) -> str:
        """The word of the first process, whatever the others say."""
        if self.size == 1:
            return word
        import torch.distributed as dist

        said = word.encode()[:WORD_BYTES].ljust(WORD_BYTES, b"\0") if self.first else bytes(WORD_BYTES)
        kept = torch.frombuffer(bytearray(said), dtype=torch.uint8).to(self.device)
        with watching():
            dist.broadcast(kept, 0)
        return bytes(kept.tolist()).rstrip(b"\0").decode()

    def leave(self) -> None:
        """Let the others go; nothing is added up any more."""
        if self.size > 1:
            import torch.distributed as dist

            dist.destroy_process_group()


@contextmanager
def watching() -> Iterator[None]:
    """PeerLost for what goes wrong while processes talk to each other."""
    try:
        yield
    except RuntimeError as error:
        raise PeerLost(str(error)) from error


ALONE = Group()
