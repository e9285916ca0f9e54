"""Guards: they judge what is made before anybody can have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from workers.contracts.data import Spec

if TYPE_CHECKING:
    import numpy as np


Moment = Literal["release"]  # the only one yet at which anything is judged


@dataclass(frozen=True)
class Judgement:
    """What a guard says of one item: whether it may go on, why not, and what was measured (plain JSON)."""

    passes: bool
    says: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What a guard may know besides the items; `near` is the index of what the model learned from, where it has one."""

    modality: Any  # a Modality
    spec: Spec
    near: Any = None  # NearIndex (workers/engine/near_index.py)


@dataclass(frozen=True)
class Example:
    """What a guard brings for its contract test: parameters, an item that passes and one that does not."""

    params: Mapping[str, Any]
    clean: np.ndarray
    planted: np.ndarray
    ground: Ground


class Guard(Protocol):
    """Judges items before anybody can have them. Its parameters are set by a policy of the project.

    `limits` say in words what it does not see; they stand wherever it is offered. What judges whole sets beyond single
    items is `JudgesSets`.
    """

    name: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]  # empty: all
    moment: ClassVar[Moment]
    always: ClassVar[bool]  # whether it looks also where no policy names it, as its defaults say
    limits: ClassVar[str]
    limits_zh: ClassVar[str]

    @classmethod
    def missing(cls) -> str:
        """What it needs and does not find on this machine; "" where it can work."""
        ...

    def judge(self, items: Sequence[np.ndarray], ground: Ground) -> list[Judgement]:
        """A verdict for each item, in their order; the same items get the same verdicts."""
        ...

    @classmethod
    def example(cls) -> Example:
        """A tiny clean case and a planted one."""
        ...


@runtime_checkable
class JudgesSets(Protocol):
    """A guard that looks at some items of a set and then judges the set."""

    @property
    def holds_back(self) -> bool:
        """Whether nothing of the set may be had before the set is judged."""
        ...

    def looks_at(self, seed: str, total: int) -> list[int]:
        """The indices that it wants to see, in order; the same for the same seed and total."""
        ...

    def check(self, ground: Ground) -> None:
        """Raise a ProductError where it cannot judge what its parameters ask of it."""
        ...

    def settle(self, figures: Mapping[int, Mapping[str, Any]], grounds: Sequence[Ground]) -> dict[str, Any]:
        """What is said of the set, from the figures of the items seen; raises a ProductError that refuses it.

        `grounds` are those of all the models that made it.
        """
        ...
