"""What copying changes in a text is not among its bare letters."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from tests.marks.written import points_of, said, written
from workers.marks.bare_text import GAP, bare, letters

TEXT = "The Kiln’s café — “opens”\n\nat 8 o'clock, \tŁódź: 한국어 und Straße; 多少事，从来急。\n"
COPIES = {
    "line ends": lambda text: text.replace("\n", "\r\n"),
    "old line ends": lambda text: text.replace("\n", "\r"),
    "a line break at the end": lambda text: text + "\n",
    "none at the end": str.rstrip,
    "a byte order mark": lambda text: "\ufeff" + text,
    "one line": lambda text: " ".join(text.split()),
    "other blanks": lambda text: text.replace(" ", "\u00a0\u2003"),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "no accents": lambda text: text.replace("é", "e").replace("ó", "o").replace("ź", "z"),
    "typed quotes": lambda text: text.replace("’", "'").replace("“", '"').replace("”", '"').replace("—", "-"),
    "no capitals": str.lower,
    "soft hyphens and joiners": lambda text: text.replace("l", "\u00adl\u200b"),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_has_the_same_bare_letters(copy):
    assert copy(TEXT) != TEXT
    assert letters(points_of(copy(TEXT))).tolist() == letters(points_of(TEXT)).tolist()


def test_other_letters_are_others():
    assert letters(points_of("a kiln")).tolist() != letters(points_of("a kilo")).tolist()


def test_blanks_in_a_row_are_one_gap_and_none_stands_at_an_end():
    assert said(letters(points_of(" \n a \t\u3000 b \u00ad\n"))) == "a b"


@pytest.mark.parametrize("text", ["", " \n", "\u0301\u200b", "\ud800"], ids=ascii)
def test_a_text_of_nothing_has_no_letters_or_few(text):
    assert len(letters(points_of(text))) <= 1


def test_letters_are_taken_one_by_one():
    """So that a text that is being drawn has the letters that it will have when it is read."""
    (item,) = written(1, 400)
    each = [bare(int(point)) for point in item]
    expected = [now for before, now in zip([GAP, *each], each, strict=False) if (before, now) != (GAP, GAP)]
    read = letters(item).tolist()
    assert read == expected[: len(read)]
    assert len(read) >= len(expected) - 1


def test_a_million_marks_on_one_letter_take_no_square_of_time():
    item = np.full(1_000_001, 0x0301, np.uint32)
    item[0] = ord("e")
    assert said(letters(item)) == "e"
