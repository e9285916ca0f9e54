"""Every training says what its model may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from audit.policy import TRAINS, Facts, Moment, Objection, Policy, knob, too_short

MISSING = "This project asks each training what its model may be used for."
EXPECTED = "an intended use of at least %(least)s characters"


class RequireIntendedUse(Policy):
    """No model without a statement of its intended use."""

    name: ClassVar[str] = "require_intended_use"
    title: ClassVar[str] = "Intended use"
    title_zh: ClassVar[str] = "预期用途"
    summary: ClassVar[str] = "A training is refused unless it says what its model may be used for; the card has it."
    summary_zh: ClassVar[str] = "训练须说明所得模型的预期用途，否则不予受理；该说明载入模型卡。"
    moment: ClassVar[Moment] = "submission"
    sentences: ClassVar[Mapping[str, str]] = {
        MISSING: "本项目要求每次训练说明所得模型的预期用途。",
        EXPECTED: "不少于 %(least)s 个字符的预期用途说明",
    }

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
        """Beside the field `intended_use`."""
        if facts.produces != TRAINS or not too_short(facts.intended_use, self.least_characters):
            return None
        said = {"least": self.least_characters}
        got = facts.intended_use
        return Objection(decision="refuse", says=MISSING, facts=said, field="intended_use", expects=EXPECTED, got=got)


PLUGIN = RequireIntendedUse
