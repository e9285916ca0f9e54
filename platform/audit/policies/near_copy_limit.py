"""A job of which too many artifacts are near copies of the training data ends before anything of it can be had."""

from __future__ import annotations

from typing import ClassVar

from audit.policy import Moment, Policy, knob


class NearCopyLimit(Policy):
    """The guard `near_copy` measures on the worker; here stands what the project allows."""

    name: ClassVar[str] = "near_copy_limit"
    title: ClassVar[str] = "Limit on near copies"
    title_zh: ClassVar[str] = "近似复制上限"
    summary: ClassVar[str] = "A job that makes more near copies of its training data fails and releases nothing."
    summary_zh: ClassVar[str] = "制品中近似复制训练数据的比例超过上限的任务判为失败，不发布任何制品。"
    moment: ClassVar[Moment] = "release"
    guard: ClassVar[str] = "near_copy"

    max_rate: float = knob(
        0.01,
        title="Highest rate",
        title_zh="最高比例",
        low=0.0,
        high=1.0,
        help="Share of a job's artifacts that were looked at. 1: no limit.",
        help_zh="占所检查制品的比例。1 表示不限。",
    )
    check_all: bool = knob(
        True,
        title="Look at all",
        title_zh="全部检查",
        help="Every artifact instead of a sample of the job.",
        help_zh="检查每个制品，而非仅抽查。",
    )
    withhold: bool = knob(
        True,
        title="Withhold near copies",
        title_zh="扣留近似复制",
        help="What is found to be a near copy is not released, also where the rate is low enough.",
        help_zh="即使比例未超过上限，被判定为近似复制的制品也不发布。",
    )


PLUGIN = NearCopyLimit
