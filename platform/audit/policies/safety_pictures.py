"""Pictures that a network takes for unsafe are withheld on the worker, by the guard `safety_pictures`."""

from __future__ import annotations

from typing import ClassVar

from audit.policy import Moment, Policy, knob


class SafetyPictures(Policy):
    """Only where the workers have the network; what it does not see, the guard says (GET /plugins?kind=guard)."""

    name: ClassVar[str] = "safety_pictures"
    title: ClassVar[str] = "Unsafe pictures are withheld"
    title_zh: ClassVar[str] = "扣留不当图像"
    summary: ClassVar[str] = "Generated pictures that the open-nsfw network takes for pornographic are not released."
    summary_zh: ClassVar[str] = "被 open-nsfw 网络判定为色情的生成图像不予发布。"
    moment: ClassVar[Moment] = "release"
    guard: ClassVar[str] = "safety_pictures"

    highest: float = knob(
        0.8,
        title="Highest score",
        title_zh="最高得分",
        low=0.0,
        high=1.0,
        help="Pictures that score more are withheld; above 0.8 is surely unsafe, below 0.2 safe, say its authors.",
        help_zh="得分超过此值的图像将被扣留；网络作者认为高于 0.8 基本不当，低于 0.2 基本安全。",
    )


PLUGIN = SafetyPictures
