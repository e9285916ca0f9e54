"""Does a network that knows the real classes recognise what was made, and are all classes there?"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch

from workers.contracts import Figure, Plugin, Sample, knob
from workers.metrics.recognition import confidences, learned_from, pictures
from workers.metrics.resampling import share


class Classifier(Plugin):
    """Trained on the real `train` items, judged on unseen real items, then asked about the made ones."""

    name: ClassVar[str] = "classifier"
    title: ClassVar[str] = "Recognised classes"
    title_zh: ClassVar[str] = "类别识别"
    summary: ClassVar[str] = "How many made items a classifier of the real classes recognises, and how they spread."
    summary_zh: ClassVar[str] = "用真实数据训练的分类器能识别多少生成样本，以及各类别的分布。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    needs_classes: ClassVar[Literal["data", "model"]] = "data"
    better: ClassVar[Literal["higher", "lower", "none"]] = "higher"
    headline: ClassVar[str] = "confident_share"

    confidence: float = knob(
        0.9,
        low=0.5,
        high=0.999,
        help="An item counts as recognised above this.",
        help_zh="高于此置信度视为已识别。",
        title_zh="置信度",
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """Accuracy on `real`, then confident share, share per class and label entropy (bit) of `made`."""
        net = learned_from(real, seed)
        right = confidences(net, pictures(real.fields)).argmax(1) == real.fields["condition"]
        believed = confidences(net, pictures(made.fields))  # (N, classes)
        top, named = believed.max(1)
        shares = torch.bincount(named, minlength=len(real.spec.classes)).double() / len(named)
        entropy_bit = torch.special.entr(shares).sum().item() / torch.log(torch.tensor(2.0)).item()
        figures = {
            "classifier_accuracy": share(right, seed),
            "confident_share": share(top > self.confidence, seed),
            "label_entropy": Figure(value=entropy_bit, n=len(named), unit="bit"),
        }
        return figures | {f"class_share_{name}": share(named == k, seed) for k, name in enumerate(real.spec.classes)}


PLUGIN = Classifier
