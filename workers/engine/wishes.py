"""What is to be made, item by item: from which noise, under which controls, by which of several models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from models_store.errors import InvalidInput
from workers.contracts import Controls, Fields, Port, Spec
from workers.engine.parameters import told_classes
from workers.engine.streams import generator

DTYPES = {
    "number": torch.float32, "integer": torch.int64, "boolean": torch.int64, "choice": torch.int64,
    "condition": torch.int64,
}  # fmt: skip
PER_ITEM = ("number", "condition")  # of which each item of a batch may have its own


@dataclass(frozen=True, slots=True)
class Place:
    """Where the noise of an item comes from: a pure function of (seed, index)."""

    seed: str
    index: int


@dataclass(frozen=True, slots=True)
class Wish:
    """One item to be made. `toward` and `share` put its noise on the way from `start` to another place (0 to 1)."""

    index: int
    start: Place
    controls: Controls = field(default_factory=Controls)
    toward: Place | None = None
    share: float = 0.0
    label: str = ""  # what stands below it on a contact sheet
    mark_key: bytes = field(default=b"", repr=False)  # of its job, where the item is marked while it is drawn

    @property
    def shared_controls(self) -> dict[str, Any]:
        """The controls that must be the same for a whole batch: all but fractions and classes."""
        known = kinds_of(type(self.controls))
        return {name: value for name, value in self.controls.model_dump().items() if known.get(name) not in PER_ITEM}


@cache  # asked for each item, and a schema takes longer to write than a small network to run
def kinds_of(controls: type[Controls]) -> Mapping[str, str]:
    """The controls that `step` is told: name -> "number", "integer", "boolean", "choice" or "condition"."""
    found = {}
    for name, said in properties_of(controls).items():
        kind = "condition" if said.get("of_spec") == "condition" else "choice" if "enum" in said else said.get("type")
        if kind in DTYPES:
            found[name] = kind
    return found


@cache
def properties_of(controls: type[Controls]) -> Mapping[str, Mapping[str, Any]]:
    """The JSON Schema of each control."""
    return controls.model_json_schema().get("properties", {})


def plain(seed: str, indices: Sequence[int], controls: Controls | None = None) -> list[Wish]:
    """Items by number, each from the noise of its own number."""
    controls = controls or Controls()
    return [Wish(index, Place(seed, index), controls) for index in indices]


def batches(wishes: Sequence[Wish], size: int) -> Iterator[list[Wish]]:
    """At most `size` neighbours each, all with the same shared controls."""
    for _, alike in groupby(wishes, key=lambda wish: wish.shared_controls):
        found = list(alike)
        yield from (found[start : start + size] for start in range(0, len(found), size))


class Noise:
    """The noise ports of a batch of wishes, drawn in order: the n-th draw of an item depends on the item alone."""

    BLOCK_VALUES = 4096  # about so many numbers of one item are drawn at once; part of what makes a draw what it is

    def __init__(self, ports: Sequence[Port], wishes: Sequence[Wish]) -> None:
        self.ports, self.wishes = ports, wishes
        self._streams = {port.name: [_open(wish, port.name) for wish in wishes] for port in ports}
        self._blocks: dict[str, Iterator[Tensor]] = {port.name: self._in_blocks(port) for port in ports}

    def once(self) -> dict[str, Tensor]:
        """One draw of every port, (B, *shape), where there is only one step."""
        return {port.name: self._draw(port, port.shape) for port in self.ports}

    def next(self) -> dict[str, Tensor]:
        """The draws of the next step, (B, *shape)."""
        return {name: next(block) for name, block in self._blocks.items()}

    def _in_blocks(self, port: Port) -> Iterator[Tensor]:
        steps = max(1, self.BLOCK_VALUES // max(1, math.prod(port.shape)))
        while True:
            yield from self._draw(port, (steps, *port.shape), dim=1).unbind(0)

    def _draw(self, port: Port, shape: tuple[int, ...], dim: int = 0) -> Tensor:
        return torch.stack([_drawn(streams, wish.share, shape) for streams, wish in self._of(port.name)], dim)

    def _of(self, name: str) -> Iterator[tuple[tuple[torch.Generator, torch.Generator | None], Wish]]:
        return zip(self._streams[name], self.wishes, strict=True)


def _open(wish: Wish, port: str) -> tuple[torch.Generator, torch.Generator | None]:
    other = wish.toward
    return (
        generator(wish.start.seed, wish.start.index, port),
        generator(other.seed, other.index, port) if other else None,
    )


def _drawn(streams: tuple[torch.Generator, torch.Generator | None], share: float, shape: tuple[int, ...]) -> Tensor:
    start = torch.randn(shape, generator=streams[0])
    if streams[1] is None:
        return start
    return between(start, torch.randn(shape, generator=streams[1]), share)


def between(one: Tensor, other: Tensor, share: float) -> Tensor:
    """The point on the great circle from `one` to `other` (Shoemake 1985, slerp), so that it stays as long as noise is.

    Where the two point the same way, or opposite ways and no circle is the one, it is the straight line.
    """
    cosine = torch.dot(one.flatten(), other.flatten()) / (one.norm() * other.norm()).clamp_min(1e-12)
    angle = torch.arccos(cosine.clamp(-1, 1))
    if angle.sin() < 1e-4:
        return torch.lerp(one, other, share)
    return (((1 - share) * angle).sin() * one + (share * angle).sin() * other) / angle.sin()


def conditions(wishes: Sequence[Wish], classes: Sequence[str]) -> dict[str, Tensor]:
    """The controls that `step` is told (contracts.Controls), (B,); classes by their place in `classes`.

    A class that was left open is drawn, all alike, from the place of the item's noise. A choice is its place among
    the values of its `Literal`.
    """
    made, controls = {}, type(wishes[0].controls)
    for name, kind in kinds_of(controls).items():
        values = [getattr(wish.controls, name) for wish in wishes]
        if kind == "condition":
            values = [_class(wish, said, classes, name) for wish, said in zip(wishes, values, strict=True)]
        elif kind == "choice":
            values = [properties_of(controls)[name]["enum"].index(said) for said in values]
        made[name] = torch.tensor(values, dtype=DTYPES[kind])
    return made


def class_asked(family: Any, wishes: Sequence[Wish], spec: Spec) -> Fields:
    """The class that each item was asked for, (B,) int64 under the name of the data's own field of classes.

    Nothing where the family is not told a class, or the data have none.
    """
    known = [name for name, kind in kinds_of(type(wishes[0].controls)).items() if kind == "condition"]
    fields = spec.of_kind("condition")
    if len(known) != 1 or len(fields) != 1 or not told_classes(family):
        return {}
    return {fields[0].name: conditions(wishes, spec.classes)[known[0]]}


def _class(wish: Wish, said: str, classes: Sequence[str], control: str) -> int:
    if said:
        return class_number(said, classes, control)
    drawn = torch.randint(0, max(1, len(classes)), (), generator=generator(wish.start.seed, wish.start.index, "class"))
    return int(drawn)


def class_number(said: str, classes: Sequence[str], control: str) -> int:
    """The place of a class among those of the data; InvalidInput (`unknown_class`) where it is none of them."""
    if said not in classes:
        raise InvalidInput(
            "The data have no such class.", code="unknown_class", field=f"params.{control}",
            expected=list(classes)[:100], got=said,
        )  # fmt: skip
    return list(classes).index(said)


def refuse_without_classes(controls: Controls, classes: Sequence[str]) -> None:
    """Where a model knows no classes, what only one with classes can use keeps its default; InvalidInput else."""
    for name, said in properties_of(type(controls)).items():
        chosen = getattr(controls, name)
        if said.get("needs_classes") and not classes and chosen != said.get("default"):
            raise InvalidInput(
                f"The model was told no classes while it learned: leave {name} as it is, or train one on data with "
                "classes.", code="no_classes", field=f"params.{name}", expected=said.get("default"), got=chosen,
            )  # fmt: skip
