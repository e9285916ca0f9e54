"""How many artifacts one job, and a project in a week, may make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from audit.policy import RELEASES, Facts, Moment, Objection, Policy, knob

PER_JOB = "One job of this project makes at most %(most)s artifacts; this one asks for %(count)s."
PER_WEEK = (
    "This project makes at most %(most)s artifacts in seven days; %(used)s are made or asked for, and this job asks "
    "for %(count)s."
)
EXPECTED = "at most %(room)s artifacts"


class CapCount(Policy):
    """A ceiling on what is generated."""

    name: ClassVar[str] = "cap_count"
    title: ClassVar[str] = "Ceiling on artifacts"
    title_zh: ClassVar[str] = "生成数量上限"
    summary: ClassVar[str] = (
        "Refuses a job that asks for more artifacts than any job, or the project within seven days, may make."
    )
    summary_zh: ClassVar[str] = "所请求的制品超过单个任务或项目七天内的上限时，任务不予受理。"
    moment: ClassVar[Moment] = "submission"
    sentences: ClassVar[Mapping[str, str]] = {
        PER_JOB: "本项目单个任务最多生成 %(most)s 个；该任务请求 %(count)s 个。",
        PER_WEEK: "本项目七天内最多生成 %(most)s 个；已生成或已请求 %(used)s 个，该任务另请求 %(count)s 个。",
        EXPECTED: "最多 %(room)s 个",
    }

    per_job: int = knob(
        10_000,
        title="For each job",
        title_zh="单个任务",
        low=0,
        high=1_000_000_000,
        help="0 means no limit.",
        help_zh="0 表示不限。",
    )
    per_week: int = knob(
        0,
        title="In seven days",
        title_zh="七天内",
        low=0,
        high=1_000_000_000,
        help="Of all jobs of the project: what they made, and what waiting ones ask for. 0 means no limit.",
        help_zh="按项目全部任务计：已生成的数量，加上等待中任务所请求的数量。0 表示不限。",
    )

    def reads_week(self) -> bool:
        """Where there is a limit on it."""
        return self.per_week > 0

    def judge(self, facts: Facts) -> Objection | None:
        """Beside the count."""
        if facts.produces != RELEASES:
            return None
        if self.per_job and facts.count > self.per_job:
            return self._too_many(PER_JOB, self.per_job, self.per_job, facts)
        if self.per_week and facts.this_week + facts.count > self.per_week:
            return self._too_many(PER_WEEK, self.per_week, max(0, self.per_week - facts.this_week), facts)
        return None

    def _too_many(self, says: str, most: int, room: int, facts: Facts) -> Objection:
        said = {"most": most, "room": room, "count": facts.count, "used": facts.this_week}
        return Objection(
            decision="refuse", says=says, facts=said, field="params.count", expects=EXPECTED, got=facts.count
        )


PLUGIN = CapCount
