"""Word lists: what is found however it is written, what is let through, and that no pattern can take long."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from tests.marks.marked import code_points
from workers.contracts import Ground, Spec
from workers.guards.safety_words import LONGEST, SIGNS, SafetyWords, wild
from workers.plugins import plugin

GROUND = Ground(plugin("modality", "text")(), Spec("text", ()))


def stopped(text: str, **lists: list[str]) -> bool:
    (verdict,) = SafetyWords(**lists).judge([code_points(text)], GROUND)
    return not verdict.passes


@pytest.mark.parametrize(
    "text",
    [
        "that is poison.", "POISON", "Poison!", "ｐｏｉｓｏｎ", "poi\u200bson", "p\u00adoison", "p o i s o n",
        "p.o.i.s.o.n", "p - o - i - s - o - n", "póison", "p_o_i_s_o_n", "(poison)", "poi\ufeffson",
        "𝐩𝐨𝐢𝐬𝐨𝐧", "line\npoison\nline",
    ],
)  # fmt: skip
def test_a_word_is_found_however_it_is_written(text: str) -> None:
    assert stopped(text, words=["Poison"])


@pytest.mark.parametrize(
    "text", ["poisonous", "apoison", "poi son", "p0ison", "рoison", "po ison", "", "son", "poi\nson"]
)
def test_what_only_holds_its_letters_is_let_through(text: str) -> None:
    """Some of them are evasions: the limits say that they are missed."""
    assert not stopped(text, words=["poison"])


@pytest.mark.parametrize("text", ["这里有毒药。", "毒药", "毒 药", "毒\u200b药", "毒、药", "今天毒药明天"])
def test_a_chinese_word_is_found_inside_a_sentence(text: str) -> None:
    assert stopped(text, words=["毒药"])


@pytest.mark.parametrize("text", ["毒蛇的药", "毒", "药毒"])
def test_other_chinese_words_of_its_characters_are_let_through(text: str) -> None:
    assert not stopped(text, words=["毒药"])


def test_a_phrase_is_found_across_any_white_space() -> None:
    assert stopped("the  rat\npoison here", words=["rat poison"])
    assert not stopped("the rat and the poison", words=["rat poison"])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("id-####", "see ID-1234."), ("buy * now", "Buy the whole lot now"), ("gr?y", "grey"), ("gr?y", "gray"),
     ("卖*枪", "卖一把手枪"), ("a.b", "A.B"), ("##:##", "at 09:41"), ("*end", "the end")],
)  # fmt: skip
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert stopped(text, patterns=[pattern])


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("id-####", "id-12x4"),
        ("buy * now", "buy " + "x" * 50 + " now"),
        ("gr?y", "gry"),
        ("a.b", "axb"),
        ("(a+)+b", "aaab"),
    ],
)
def test_a_pattern_means_what_it_says_and_no_more(pattern: str, text: str) -> None:
    assert not stopped(text, patterns=[pattern])


@pytest.mark.parametrize(
    "lists",
    [{"words": [""]}, {"words": ["\u200b"]}, {"words": ["x" * (LONGEST + 1)]}, {"words": ["x"] * 1001},
     {"patterns": ["*"]}, {"patterns": ["?*"]}, {"patterns": ["a*b*c*d"]}, {"words": [" "]}],
)  # fmt: skip
def test_lists_without_bounds_or_sense_are_refused(lists: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SafetyWords(**lists)


def test_a_verdict_names_the_entry_by_its_place_and_not_by_its_word() -> None:
    (verdict,) = SafetyWords(words=["snow", "poison"]).judge([code_points("poison")], GROUND)
    assert (verdict.says, verdict.figures) == ("It contains a word of the list (number 2).", {"word": 2})


@pytest.mark.parametrize("entry", ["a*a*a", "(a+)+$", "[x]{9}*", "a?a?a?*", "\\d+*|.*", "x##" * 20, "(?=a)*(?:b)"])
def test_no_pattern_holds_more_repeats_than_two_bounded_ones(entry: str) -> None:
    """So a search takes at most 41 * 41 steps for each character of the text, whoever wrote the pattern."""
    SafetyWords(patterns=[entry])
    left = wild(entry)
    gaps = left.count(SIGNS["*"])
    plain = re.sub(r"\\.", "", left.replace(SIGNS["*"], ""))  # what is escaped is itself
    assert gaps == entry.count("*") <= 2
    assert not set(plain) & set("*+?{}()[]|^$")
