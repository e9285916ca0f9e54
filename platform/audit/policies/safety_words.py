"""Texts that hold a word or pattern of the project's lists are withheld on the worker, by the guard `safety_words`."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import field_validator, model_validator

from audit.policy import Moment, Policy, Word, knob

MOST, MOST_STARS = 1000, 2  # entries of a list, gaps in a pattern


class SafetyWords(Policy):
    """Lists in any language; what a list does not see, the guard says (GET /plugins?kind=guard)."""

    name: ClassVar[str] = "safety_words"
    title: ClassVar[str] = "Words that are withheld"
    title_zh: ClassVar[str] = "禁用词语"
    summary: ClassVar[str] = "Generated texts that hold one of these words or patterns are not released."
    summary_zh: ClassVar[str] = "含有所列词语或模式的生成文本不予发布。"
    moment: ClassVar[Moment] = "release"
    guard: ClassVar[str] = "safety_words"

    words: tuple[Word, ...] = knob(
        (),
        title="Words",
        title_zh="词语",
        longest=MOST,
        help="One a line, in any language; also found when they are spelled out (b.a.d).",
        help_zh="每行一个，语言不限；逐字隔开的写法（如“坏 话”）也会匹配。",
    )
    patterns: tuple[Word, ...] = knob(
        (),
        title="Patterns",
        title_zh="模式",
        longest=MOST,
        help="One a line. * stands for up to 40 characters (at most twice), ? for one, # for a digit.",
        help_zh="每行一个。* 代表至多 40 个字符（最多用两次），? 代表一个字符，# 代表一个数字。",
    )

    @field_validator("patterns")
    @classmethod
    def _bounded(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        for one in said:
            if one.count("*") > MOST_STARS or not one.strip("*? "):
                raise ValueError(f"A pattern has at most {MOST_STARS} * and something beside them, not {one!r}.")
        return said

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.words and not self.patterns:
            raise ValueError("Say at least one word or pattern.")
        return self


PLUGIN = SafetyWords
