"""Watermarks: keyed, imperceptible, and judged by one statistic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np


class Watermark(Protocol):
    """A keyed, imperceptible mark judged by one statistic (workers/marks/statistic.py).

    One that acts "during" is a `MarksDuring` too: its items come marked, and `embed` gives them back as they are.
    """

    name: ClassVar[str]
    modality: ClassVar[str]
    acts: ClassVar[Literal["after", "during"]]
    single_item: ClassVar[str]  # in words: from which size one item alone is judged

    def embed(self, item: np.ndarray, key: bytes) -> np.ndarray: ...
    def evidence(self, item: np.ndarray) -> np.ndarray:
        """Clipped evidence per key context, (n,) float64; it does not depend on any key."""
        ...

    def layout(self, item_shape: tuple[int, ...]) -> tuple[int, ...]:
        """What items must have in common for their evidence to be added up (image: (H, W); text: ())."""
        ...

    def pattern(self, key: bytes, item_shape: tuple[int, ...]) -> np.ndarray:
        """Signs +-1 per key context, (n,) int8: the first n of the one stream of signs that the key has.

        So a longer pattern of a key begins like a shorter one, and what is known of the stream serves every shape.
        """
        ...

    def judges_alone(self, item_shape: tuple[int, ...]) -> bool:
        """Whether one item of this shape may be judged by itself."""
        ...

    def together(self, summed: np.ndarray) -> np.ndarray:
        """What several items of one layout say, (n,), from the sum of their evidence: it may weigh what came often."""
        ...

    def cost(self, item: np.ndarray, marked: np.ndarray) -> dict[str, float]:
        """Figures for what the mark changed in an item, by name with unit (`psnr_db`)."""
        ...

    def readings(self, item: np.ndarray) -> list[np.ndarray]:
        """The item as it came, then as it may have been before a change of size or speed: one hypothesis each."""
        ...


@runtime_checkable
class MarksMany(Protocol):
    """A watermark that marks several items faster than one after the other."""

    def embed_many(self, items: Sequence[np.ndarray], key: bytes) -> list[np.ndarray]:
        """What `embed` makes of each, whatever items are beside it."""
        ...


class Leaning(Protocol):
    """B items while they are drawn, each under its key, token after token."""

    def bias(self) -> np.ndarray:
        """What is added to the logits of the next token, (B, tokens) float32."""
        ...

    def took(self, tokens: np.ndarray) -> None:
        """The next token of each, (B,) int64: drawn, or given by a prompt, which is never leaned."""
        ...


@runtime_checkable
class MarksDuring(Protocol):
    """A watermark that leans the draws of a `Leanable` family."""

    def leaning(self, keys: Sequence[bytes], labels: Sequence[str]) -> Leaning:
        """Items at their beginning, one for each key, in tokens of these labels (Field.labels)."""
        ...
