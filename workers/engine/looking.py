"""What a training is looked at with: noise of its own, unseen items of its data, the metrics that fit them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import Module

from models_store.errors import InvalidInput
from workers.contracts import Fields, Sample, Spec
from workers.engine.dataset_files import DatasetFolder
from workers.engine.looks import LOOK_SEED, SEEN, Heed, Looks, Make, Spread, spread
from workers.engine.parameters import LoopParameters
from workers.engine.runners import of_networks
from workers.engine.wishes import batches, class_asked, plain
from workers.plugins import plugins

BATCH = 64
FEWEST = 20  # unseen items
SPREAD_OF = 500  # unseen items that the spread of the data is taken over


def looks_of(family: Any, loop: LoopParameters, spec: Spec, made: DatasetFolder) -> Looks:
    """What the parameters of the loop ask for; InvalidInput before the first step where it cannot be had.

    `spec` is what the family learns from, `made` the data set whose like it makes.
    """
    modality, raw = made.modality(), made.split("holdout")
    unseen = modality.encode({name: part[:SEEN] for name, part in raw.items()})
    seen = Spread(spread({part.name: unseen[part.name][:SPREAD_OF] for part in made.spec.of_kind("continuous")}))
    every = loop.evaluate_every or (loop.sample_every if loop.keep == "best" else 0)
    if not every:
        return Looks(seen)
    metrics = while_training(made.spec.modality)
    count = len(next(iter(unseen.values())))
    if not metrics or count < FEWEST:
        raise InvalidInput(
            "Nothing can be measured while this training goes on: leave evaluate_every at 0 and keep at last.",
            code="not_measurable", field="params.evaluate_every",
            expected=f"a metric for {made.spec.modality}, and {FEWEST} unseen items", got=f"{count} unseen items",
        )  # fmt: skip
    real = Sample(unseen, None, made.spec)
    return Looks(seen, maker(family, spec, made), real, metrics, every, loop.evaluate_count, loop.keep)


def while_training(modality: str) -> tuple[Any, ...]:
    """The metrics that are taken on a schedule, the one that judges first."""
    fitting = [cls for _, cls in sorted(plugins("metric").items()) if modality in cls.modalities]
    said = {cls: getattr(cls, "while_training", "") for cls in fitting}
    return tuple(sorted((cls for cls in fitting if said[cls]), key=lambda cls: said[cls] != "judges"))


def maker(family: Any, spec: Spec, made: DatasetFolder) -> Make:
    """A function that makes items as they would be released, as fields again."""
    modality: Any = made.modality()

    def make(nets: Mapping[str, Module], count: int, heed: Heed) -> Fields:
        sampling = of_networks(family, family.graphs(nets, spec), made.spec, modality)
        parts: list[Fields] = []
        for wishes in batches(plain(LOOK_SEED, range(count), family.controls()), BATCH):
            heed()
            fields = sampling.fields(wishes, lambda _made, _steps: heed())
            parts.append(again(modality, fields, made.spec) | class_asked(family, wishes, made.spec))
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    return make


def again(modality: Any, fields: Fields, spec: Spec) -> Fields:
    """What was made, rounded to what a file holds."""
    raw = modality.stored(modality.decode(fields, spec), spec)
    made: Fields = modality.encode({name: torch.from_numpy(array) for name, array in raw.items()})
    return made
