"""Every job says what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from audit.policy import KINDS, KINDS_ZH, Facts, Moment, Objection, Policy, Word, knob, too_short

MISSING = "This project asks each job of kind %(kind)s what it is for."
EXPECTED = "a purpose of at least %(least)s characters"


class RequirePurpose(Policy):
    """No job without a purpose statement."""

    name: ClassVar[str] = "require_purpose"
    title: ClassVar[str] = "Purpose statement"
    title_zh: ClassVar[str] = "目的说明"
    summary: ClassVar[str] = "A job is refused unless it says what it is for; that goes into every record of it."
    summary_zh: ClassVar[str] = "任务须说明目的，否则不予受理；该说明写入其全部记录。"
    moment: ClassVar[Moment] = "submission"
    sentences: ClassVar[Mapping[str, str]] = {
        MISSING: "本项目要求 %(kind)s 类任务说明目的。",
        EXPECTED: "不少于 %(least)s 个字符的目的说明",
    }

    kinds: tuple[Word, ...] = knob(
        ("train", "generate"),
        title=KINDS,
        title_zh=KINDS_ZH,
        longest=20,
        help="Kinds of job that have to say it, such as train or generate.",
        help_zh="须作说明的任务种类，如 train、generate。",
    )
    least_characters: int = knob(
        10,
        title="Least length",
        title_zh="最短长度",
        low=1,
        high=1000,
        unit="characters",
        help="A shorter text does not count as a statement.",
        help_zh="短于此长度的文字不算说明。",
    )

    def judge(self, facts: Facts) -> Objection | None:
        """Beside the field `purpose`."""
        if facts.kind not in self.kinds or not too_short(facts.purpose, self.least_characters):
            return None
        said = {"kind": facts.kind, "least": self.least_characters}
        return Objection(
            decision="refuse", says=MISSING, facts=said, field="purpose", expects=EXPECTED, got=facts.purpose
        )


PLUGIN = RequirePurpose
