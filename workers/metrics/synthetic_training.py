"""Train on synthetic, test on real: what made items are worth to somebody who trains a classifier with them.

The score of Esteban et al. 2017 (TSTR, section 4.1) and of Ravuri & Vinyals 2019 (classification accuracy score).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from workers.contracts import Figure, Items, Plugin, Sample, knob
from workers.engine.sources import Source
from workers.engine.streams import generator
from workers.metrics.recognition import Labelled, NotMeasurable, Recogniser, confidences, pictures, recogniser

DRAWS = 1000


class SyntheticTraining(Plugin):
    """One network trained on made items and one on the real ones, alike in all else, judged on unseen real items."""

    name: ClassVar[str] = "synthetic_training"
    title: ClassVar[str] = "Train on synthetic, test on real"
    title_zh: ClassVar[str] = "合成数据训练、真实数据测试"
    summary: ClassVar[str] = "How well a classifier does on real items when it has seen only made ones."
    summary_zh: ClassVar[str] = "只用生成样本训练的分类器在真实样本上的表现。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    needs_classes: ClassVar[Literal["data", "model"]] = "model"
    better: ClassVar[Literal["higher", "lower", "none"]] = "higher"
    headline: ClassVar[str] = "synthetic_ratio"
    toy: ClassVar[Mapping[str, Any]] = {"updates": 40}

    updates: int = knob(
        840,
        low=20,
        high=20_000,
        unit="steps",
        advanced=True,
        help="Training steps of 64 items for each of the two classifiers.",
        help_zh="两个分类器各自的训练步数，每步 64 个样本。",
        title="Classifier steps",
        title_zh="分类器步数",
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """Accuracy, F1 and recall (means over classes) of both, n unseen real items; `synthetic_ratio` of accuracies.

        `synthetic_items` and `real_items` say how many each learned from.
        """
        classes = len(real.spec.classes)
        if "condition" not in made.fields:
            raise NotMeasurable(
                "The model makes no classes on demand, so what it makes has no labels to learn from.", field="model",
                expected="a model with a class to choose", got="one without",
            )  # fmt: skip
        ours, theirs = Source(made.fields, dict), real.train or Source(real.fields, dict)
        named = {
            side: self.answers(items, real, classes, seed) for side, items in (("synthetic", ours), ("real", theirs))
        }
        truth = real.fields["condition"].long()
        drawn = draws(len(truth), seed)  # the same for all: the ratio is of pairs
        found = {(side, name): scores(named[side], truth, classes, drawn, name) for side in named for name in SCORES}
        figures = {f"{side}_{name}": interval(values, len(truth)) for (side, name), values in found.items()}
        ratio = found["synthetic", "accuracy"] / found["real", "accuracy"].clamp_min(1e-9)
        return figures | {
            "synthetic_ratio": interval(ratio, len(truth)),
            "synthetic_items": Figure(float(len(ours)), len(ours), "items"),
            "real_items": Figure(float(len(theirs)), len(theirs), "items"),
        }

    def answers(self, items: Items, real: Sample, classes: int, seed: int) -> Tensor:
        """The classes that a network trained on `items` gives to the unseen real ones, (N,)."""
        net: Recogniser = recogniser(Labelled.of(items.blocks(), classes), seed, self.updates)
        return confidences(net, pictures(real.fields)).argmax(1)


SCORES = ("accuracy", "f1", "recall")


def draws(count: int, seed: int) -> Tensor:
    """How often each item counts, (DRAWS + 1, count): first each once, then redrawn (Efron 1979)."""
    rng, rows = generator(seed, 0, "bootstrap"), [torch.ones(count)]
    for _ in range(DRAWS):
        rows.append(torch.bincount(torch.randint(0, count, (count,), generator=rng), minlength=count).float())
    return torch.stack(rows)


def scores(named: Tensor, truth: Tensor, classes: int, drawn: Tensor, score: str) -> Tensor:
    """A score of answers (N,) against the truth (N,) under each row of `drawn` (D, N): (D,) float64.

    F1 and recall are means over the classes that the truth has in that row.
    """
    hit = (named == truth).float()
    if score == "accuracy":
        return (drawn @ hit).double() / drawn.sum(1)
    asked, given = (torch.nn.functional.one_hot(side, classes).float() for side in (truth, named))  # (N, K)
    right, there, said = drawn @ (asked * hit[:, None]), drawn @ asked, drawn @ given  # (D, K)
    per_class = right / there.clamp_min(1) if score == "recall" else 2 * right / (there + said).clamp_min(1)
    has = (there > 0).double()
    return (per_class * has).sum(1) / has.sum(1)


def interval(values: Tensor, n: int) -> Figure:
    """The first value with the 95 % percentile interval of the others."""
    low, high = values[1:].quantile(torch.tensor([0.025, 0.975], dtype=values.dtype)).tolist()
    value = values[0].item()
    return Figure(value, n, "", min(low, value), max(high, value))


PLUGIN = SyntheticTraining
