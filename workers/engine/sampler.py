"""Sampling from a bundle through ONNX Runtime.

The noise of artifact i comes from (job seed, i) alone, and every batch is padded to one shape, so that an artifact
does not depend on which others were made beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workers.contracts import Fields
from workers.engine.bundle import Bundle
from workers.engine.runners import Sampling
from workers.engine.streamed import Streamed
from workers.engine.wishes import Wish, batches

BATCH = 32  # the padded shape of every call


def sampling_of(bundle: Bundle) -> Sampling:
    """Sampling from a bundle as it was published."""
    return Sampling(bundle.family(), bundle.spec(), bundle.modality(), bundle.inputs(), bundle.call)


def sample(
    bundle: Bundle, wishes: Sequence[Wish], watch: Streamed | None = None, batch: int = BATCH
) -> Iterator[tuple[list[Wish], Fields]]:
    """Make these items, batch by batch: (the wishes, the fields they came to)."""
    sampling = sampling_of(bundle)
    for chunk in batches(wishes, batch):
        if watch is not None:
            watch.begin(chunk)
        padded = chunk + [chunk[-1]] * (batch - len(chunk))
        made = sampling.fields(padded, watch)
        yield chunk, {name: value[: len(chunk)] for name, value in made.items()}
