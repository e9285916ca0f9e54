"""From the parameters of a generation to the items that are to be made: plain, along a path of seeds, or as a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from models_store.errors import InvalidInput
from workers.contracts import Controls
from workers.engine.parameters import checked, told_classes
from workers.engine.streams import generator
from workers.engine.wishes import Place, Wish, class_number, kinds_of, refuse_without_classes


class CannotInterpolate(InvalidInput):
    """Between two seeds of this model there is nothing: it makes its items piece by piece."""

    code = "not_interpolable"


def along(seeds: Sequence[str], count: int, controls: Controls) -> list[Wish]:
    """`count` items from the first seed to the last, evenly spaced, by way of those between."""
    if count < len(seeds):
        raise InvalidInput(
            "A path needs at least an item for each of its seeds.", field="params.count",
            expected=f"at least {len(seeds)}", got=count,
        )  # fmt: skip
    legs, made = len(seeds) - 1, []
    for index in range(count):
        leg, within = divmod(index * legs, count - 1)
        share = within / (count - 1)
        if not within:
            made.append(Wish(index, Place(seeds[leg], 0), controls, label=seeds[leg]))
            continue
        label = f"{seeds[leg]} > {seeds[leg + 1]} {share:.0%}"
        made.append(Wish(index, Place(seeds[leg], 0), controls, Place(seeds[leg + 1], 0), share, label))
    return made


def chosen(family: Any, said: Mapping[str, Any], classes: Sequence[str]) -> Controls:
    """The controls of items, checked against the family's own and the classes of the data."""
    controls = checked(family.controls, said)
    refuse_without_classes(controls, classes if told_classes(family) else ())
    for name, kind in kinds_of(family.controls).items():
        if kind == "condition" and (wanted := getattr(controls, name)):
            class_number(wanted, classes, name)
    return controls


def swept(
    name: str, values: Sequence[Any], count: int, seed: str, family: Any, said: Mapping[str, Any],
    classes: Sequence[str], first: int = 0,
) -> list[Wish]:  # fmt: skip
    """`count` items for each value of one control, all values from the same noise, so that only the control differs."""
    made = []
    for row, value in enumerate(values):
        controls = chosen(family, {**said, name: value}, classes)
        for place in range(count):
            made.append(Wish(row * count + place, Place(seed, first + place), controls, label=f"{name} = {value}"))
    return made


def wishes_of(
    family: Any, said: Mapping[str, Any], *, count: int, seed: str, sweep: Mapping[str, Sequence[Any]],
    interpolate: Sequence[str], classes: Sequence[str] = (), first: int = 0,
) -> list[Wish]:  # fmt: skip
    """All items of a generate job; `said` are the controls, checked here so that nothing is made before a refusal.

    The noise of item i is that of number `first + i`, so that one of another job can be made again by itself.
    """
    controls = chosen(family, said, classes)
    if sweep and interpolate:
        raise InvalidInput("Either a sweep or a path between seeds.", field="params.sweep", expected="one of the two")
    if interpolate:
        if first:
            raise InvalidInput("A path between seeds has no number to begin at.", field="params.first", expected=0)
        if family.sampling == "autoregressive":
            raise CannotInterpolate(
                field="params.interpolate", expected="a model that makes all at once", got=family.name
            )
        return along([str(one) for one in interpolate], count, controls)
    if sweep:
        ((name, values),) = sweep.items()
        return swept(name, values, count, seed, family, said, classes, first)
    return [Wish(index, Place(seed, first + index), controls) for index in range(count)]


def model_of(wish: Wish, seed: str, weights: Mapping[str, float], first: int = 0) -> str:
    """Which of several models (role -> weight) makes an item: a pure function of (seed, number)."""
    if len(weights) == 1:
        return next(iter(weights))
    stream = generator(seed, first + wish.index, "model")
    drawn = torch.rand((), generator=stream, dtype=torch.float64) * sum(weights.values())
    for role, weight in weights.items():
        drawn -= weight
        if drawn < 0:
            return role
    return next(role for role, weight in reversed(list(weights.items())) if weight > 0)
