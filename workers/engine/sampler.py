"""Sampling from a bundle through ONNX Runtime.

The noise of artifact i comes from (job seed, i) alone, and every batch is padded to one shape, so that an artifact
does not depend on which others were made beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from workers.contracts import Fields, MarksDuring
from workers.engine.bundle import Bundle
from workers.engine.runners import Sampler
from workers.engine.wishes import Wish, batches

BATCH = 32  # the padded shape of every call


class Onlooker(Protocol):
    """Is told of each batch before it is made, and then looks at it after each step (runners.Watch)."""

    def begin(self, wishes: Sequence[Wish]) -> None: ...
    def __call__(self, made: Fields, steps: int) -> None: ...


def sampling_of(bundle: Bundle) -> Sampler:
    """Sampling from a bundle as it was published."""
    return Sampler(bundle.family(), bundle.spec(), bundle.modality(), bundle.inputs(), bundle.call)


def sample(
    bundle: Bundle,
    wishes: Sequence[Wish],
    watch: Onlooker | None = None,
    batch: int = BATCH,
    mark: MarksDuring | None = None,
) -> Iterator[tuple[list[Wish], Fields]]:
    """Make these items, batch by batch: (the wishes, the fields they came to)."""
    sampling = replace(sampling_of(bundle), mark=mark)
    for chunk in batches(wishes, batch):
        if watch is not None:
            watch.begin(chunk)
        padded = chunk + [chunk[-1]] * (batch - len(chunk))
        made = sampling.fields(padded, watch)
        yield chunk, {name: value[: len(chunk)] for name, value in made.items()}
