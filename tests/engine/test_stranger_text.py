"""A text from a stranger is read by its bytes, whatever its name and encoding, and within limits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.marks.written import said
from workers.engine.stranger import TEXT, UNKNOWN, item_of, media_type_of
from workers.engine.stranger_text import LARGEST_CHARACTERS, LOOKED_AT_BYTES, characters, encoding_of

ENGLISH = "Now is the winter of our discontent\nMade glorious summer by this sun of York.\n" * 4
RUSSIAN = "Однажды весною, в час небывало жаркого заката, в Москве, на Патриарших прудах, появились двое. " * 3
CHINESE = "多少事，从来急；天地转，光阴迫。一万年太久，只争朝夕。四海翻腾云水怒，五洲震荡风雷激。\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "utf-8"), (CHINESE, "utf-8"), (ENGLISH, "utf-8-sig"), (ENGLISH, "utf-16"), (RUSSIAN, "utf-16"),
        (ENGLISH, "utf-16-le"), (ENGLISH, "utf-32"), (RUSSIAN, "cp1251"), (CHINESE, "gb18030"),
    ],
)  # fmt: skip
def test_a_text_is_read_in_the_encoding_it_has(text, encoding):
    data = text.encode(encoding)
    assert media_type_of(data) == TEXT
    assert said(item_of(data, TEXT)).removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xef\xbb\xbf", b"with a bell \x07", b"caf\xe9", bytes(range(256)) * 4, b"\0" * 4000, b"\xff" * 3000,
        b"\xff\xfe\0\0", b"\x80\x81\x8d\x90\x9d" * 50, np.random.default_rng(1).bytes(50_000),
    ],
    ids=["nothing", "a mark alone", "a bell", "too little to be sure", "all bytes", "zeros", "ones", "a mark and zeros",
         "bytes of no encoding", "noise"],
)  # fmt: skip
def test_what_is_no_text_is_not_read_as_one(data):
    assert (media_type_of(data), encoding_of(data), characters(data)) == (UNKNOWN, "", None)


def test_a_long_text_is_read_to_a_limit():
    assert len(characters(b"ab\n" * LARGEST_CHARACTERS)) == LARGEST_CHARACTERS


def test_bytes_that_are_no_character_further_on_are_left_out():
    whole = "ab " * LOOKED_AT_BYTES
    assert said(characters(whole.encode() + b"\xff\xfe" + b"end")) == whole + "end"


def test_a_character_that_is_cut_where_looking_ends_does_no_harm():
    assert encoding_of(b"a" + "多".encode() * LOOKED_AT_BYTES) == "utf-8"


def test_a_text_has_no_pixels_and_a_picture_no_letters():
    assert item_of(b"just text", TEXT).dtype == np.uint32
    assert item_of(b"just text", "application/pdf") is None
