"""How the weight of the KL term grows while a variational autoencoder learns: factors of 0 to 1 by the step."""

from __future__ import annotations

from typing import Any, Literal

from workers.contracts import knob

Schedule = Literal["constant", "warm_up", "cyclical"]
RISING = 0.5  # share of a cycle in which the weight grows (Fu et al. 2019, section 4: R)


def factor(schedule: Schedule, step: int, length: int) -> float:
    """The factor at `step`, counted from 0.

    warm_up: grows evenly over the first `length` steps (Bowman et al. 2016, section 3.1; Sonderby et al. 2016).
    cyclical: grows over the first half of each `length` steps and is 1 in the second (Fu et al. 2019, eq. 6 and 7).
    """
    if schedule == "constant":
        return 1.0
    if schedule == "warm_up":
        return min(1.0, step / length)
    return min(1.0, step % length / length / RISING)


def schedule_knob() -> Any:
    """Which of them."""
    return knob(
        "constant",
        title="KL schedule",
        title_zh="KL 权重的变化",
        advanced=True,
        choices={
            "constant": ("constant", "恒定"),
            "warm_up": ("grows at the beginning (warm-up)", "开始时逐渐增大"),
            "cyclical": ("grows again and again (cyclical)", "周期性增大"),
        },
        help="How the KL weight grows while it learns: little at first keeps codes from being ignored.",
        help_zh="训练中 KL 权重的变化方式：开始时较小可避免编码被忽略。",
    )


def length_knob() -> Any:
    """How long."""
    return knob(
        500,
        low=1,
        high=1_000_000,
        unit="steps",
        title="Length of the KL schedule",
        title_zh="KL 变化的步数",
        advanced=True,
        help="Steps until the KL weight is whole, or of one cycle.",
        help_zh="KL 权重达到全值所需的步数；周期性时为一个周期的步数。",
    )


def free_nats() -> Any:
    """What each number of a code may tell for nothing (Kingma et al. 2016, appendix C.8), here picture by picture."""
    return knob(
        0.0,
        low=0.0,
        high=10.0,
        unit="nats",
        title="Free nats",
        title_zh="免罚信息量",
        advanced=True,
        help="What each number of a code may tell of a picture for nothing; 0 for none.",
        help_zh="编码中每个数字可免罚携带的信息量；0 表示无。",
    )
