"""A random sample of what a project generates comes before a reviewer, week by week."""

from __future__ import annotations

from typing import ClassVar

from audit.policy import Moment, Policy, knob


class SampleReview(Policy):
    """Spot checks: nobody can know beforehand which artifact is looked at."""

    name: ClassVar[str] = "sample_review"
    title: ClassVar[str] = "Weekly spot check"
    title_zh: ClassVar[str] = "每周抽查"
    summary: ClassVar[str] = "Each week so many artifacts, drawn at random from the new ones, wait for a reviewer."
    summary_zh: ClassVar[str] = "每周从新制品中随机抽取若干个，交审核者查看。"
    moment: ClassVar[Moment] = "release"

    n: int = knob(
        10,
        title="Artifacts a week",
        title_zh="每周数量",
        low=1,
        high=1000,
        help="Drawn seven days after the policy was set, and every seven days from then on.",
        help_zh="自策略设置之日起每七天抽取一次。",
    )

    def sampled_a_week(self) -> int:
        """All of them at once, when the seven days are over."""
        return self.n


PLUGIN = SampleReview
