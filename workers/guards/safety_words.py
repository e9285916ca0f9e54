"""Guard `safety_words`: texts that contain what a project does not let out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from pydantic import field_validator

from workers.contracts import Example, Field, Ground, Judgement, Moment, Plugin, Spec, knob
from workers.plugins import plugin

MOST_ENTRIES, LONGEST = 1000, 100  # entries of a list, and characters of an entry
MOST_STARS, STAR = 2, 40  # gaps in a pattern, and characters in a gap: so a search stays linear in the text
BETWEEN = r"[\W_]{1,3}"  # what may stand between any two letters of a word that is spelled out
UNSEEN = ("Cf", "Mn")  # characters without a width, and marks above or below a letter
SIGNS = {"*": f".{{0,{STAR}}}?", "?": ".", "#": r"\d"}  # of patterns; anything else is itself


class SafetyWords(Plugin):
    """Lists of words and patterns, matched on the text as a person reads it.

    Both sides are brought to NFKC, folded in case, and lose what has no width and marks on letters. A word of an
    alphabet stands by itself ("class" holds no "ass"); one of Chinese, Japanese or Korean is found anywhere.
    """

    name: ClassVar[str] = "safety_words"
    title: ClassVar[str] = "Word lists"
    title_zh: ClassVar[str] = "词表"
    summary: ClassVar[str] = "Withholds texts that contain words or patterns of the project's lists."
    summary_zh: ClassVar[str] = "扣留包含项目词表中词语或模式的文本。"
    modalities: ClassVar[tuple[str, ...]] = ("text",)
    moment: ClassVar[Moment] = "release"
    always: ClassVar[bool] = False
    limits: ClassVar[str] = (
        "It knows letters, not meaning: it misses synonyms, misspellings, letters replaced by digits or by look-alikes "
        "of another alphabet, other inflections, and what is harmful without any listed word; it also stops harmless "
        "uses of a listed word. Simplified and traditional characters are different characters."
    )
    limits_zh: ClassVar[str] = (
        "只比对文字，不理解含义：同义词、错别字、以数字或其他字母表中形似字母替换的写法、其他词形，以及不含所列词语的有害内容"
        "都会漏检；所列词语的无害用法也会被拦下。简体字与繁体字视为不同的字。"
    )

    words: list[str] = knob(
        [],
        title="Words",
        title_zh="词语",
        help="Words or phrases, also when they are spelled out letter by letter (b a d, b.a.d).",
        help_zh="词语或短语；逐字隔开的写法（如“坏 话”、b.a.d）也会匹配。",
    )
    patterns: list[str] = knob(
        [],
        title="Patterns",
        title_zh="模式",
        help="* stands for up to 40 characters (at most twice), ? for one, # for a digit; everything else for itself.",
        help_zh="* 代表至多 40 个字符（最多用两次），? 代表一个字符，# 代表一个数字；其余字符代表自身。",
    )

    @field_validator("words", "patterns")
    @classmethod
    def _bounded(cls, said: list[str]) -> list[str]:
        if len(said) > MOST_ENTRIES:
            raise ValueError(f"at most {MOST_ENTRIES} entries")
        for entry in said:
            if not read(entry).strip() or max(len(entry), len(read(entry))) > LONGEST:
                raise ValueError(f"entries of 1 to {LONGEST} visible characters, not {entry!r}")
        return said

    @field_validator("patterns")
    @classmethod
    def _linear(cls, said: list[str]) -> list[str]:
        for entry in said:
            if entry.count("*") > MOST_STARS or not read(entry).strip("*? "):
                raise ValueError(f"patterns with at most {MOST_STARS} * and something beside them, not {entry!r}")
        return said

    @classmethod
    def missing(cls) -> str:
        """Nothing."""
        return ""

    def judge(self, items: Sequence[Any], ground: Ground) -> list[Judgement]:
        """Texts that hold none of the entries pass; else it says which, by its place in its list."""
        return [self._judged(read(ground.modality.text(item))) for item in items]

    def _judged(self, text: str) -> Judgement:
        for place, found in enumerate(compiled(tuple(self.words), spelled), start=1):
            if found.search(text):
                return Judgement(False, f"It contains a word of the list (number {place}).", {"word": place})
        for place, found in enumerate(compiled(tuple(self.patterns), wild), start=1):
            if found.search(text):
                return Judgement(False, f"It contains a pattern of the list (number {place}).", {"pattern": place})
        return Judgement(True)

    @classmethod
    def example(cls) -> Example:
        """A word of a list, spelled out, and a longer word that holds it."""
        labels = ("", *sorted(set("forbidden lot.,")))
        spec = Spec("text", (Field("text", "token", (32,), len(labels), labels), Field("length", "length", ())))
        clean, planted = (
            np.array([ord(char) for char in text], np.uint32) for text in ("a forbiddenly", "f.o.r.b.i.d.")
        )
        return Example({"words": ["forbid"]}, clean, planted, Ground(plugin("modality", "text")(), spec))


def read(text: str) -> str:
    """A text as a person reads it: NFKC, case folded, without marks on letters and what has no width."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in folded if unicodedata.category(c) not in UNSEEN))


@lru_cache(maxsize=64)
def compiled(entries: tuple[str, ...], how: Any) -> list[re.Pattern[str]]:
    """The entries of a list as expressions, each of which takes time linear in the text."""
    return [re.compile(how(read(entry)), re.DOTALL) for entry in entries]


def spelled(word: str) -> str:
    """A word as it is or spelled out, with nothing of its alphabet around it."""
    letters = [letter for letter in word if not letter.isspace()]
    whole = r"\s+".join(re.escape(part) for part in word.split())
    apart = BETWEEN.join(re.escape(letter) for letter in letters) if letters[1:] else whole
    before = r"(?<![^\W_])" if alphabetic(letters[0]) else ""
    after = r"(?![^\W_])" if alphabetic(letters[-1]) else ""
    return f"{before}(?:{whole}|{apart}){after}"


def wild(pattern: str) -> str:
    """A pattern as an expression."""
    return "".join(SIGNS.get(char) or re.escape(char) for char in pattern)


def alphabetic(letter: str) -> bool:
    """Whether words are made of such letters with spaces between them; Chinese, Japanese and Thai have none."""
    name = unicodedata.name(letter, "")
    return letter.isalnum() and not name.startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER"))


PLUGIN = SafetyWords
