"""Any encoding is named, said by the file, or detected; what is unsure is refused, never guessed."""

from __future__ import annotations

import random

import pytest

from tests.texts import TOLD, member
from workers.modalities.members import BadFile
from workers.modalities.text_encoding import BLOCK, ENCODINGS, encoding_of, pieces

WRITTEN = [
    ("Chinese", "gb18030"), ("Chinese", "utf-16-le"), ("Japanese", "shift_jis"), ("Japanese", "euc_jp"),
    ("Korean", "euc_kr"), ("Russian", "koi8-r"), ("Russian", "cp1251"), ("Russian", "cp866"), ("German", "latin-1"),
    ("German", "cp850"), ("French", "cp1252"), ("French", "mac-roman"), ("Polish", "cp1250"), ("Polish", "iso8859-2"),
    ("Turkish", "cp1254"), ("Hebrew", "cp1255"),
]  # fmt: skip


def read(data: bytes, encoding: str = "auto") -> str:
    brought = member(data)
    return "".join(pieces(brought, encoding_of(brought) if encoding == "auto" else encoding))


def refusal(data: bytes, encoding: str = "auto") -> BadFile:
    with pytest.raises(BadFile) as caught:
        read(data, encoding)
    return caught.value


def found(language: str, encoding: str, times: int) -> str:
    """What is detected for a text so often repeated; "" where that is refused as unsure."""
    try:
        return encoding_of(member((TOLD[language] * times).encode(encoding)))
    except BadFile as refused:
        return {"encoding_unknown": ""}[refused.code]


@pytest.mark.parametrize(("language", "encoding"), WRITTEN)
@pytest.mark.parametrize("times", [1, 20])
def test_a_text_is_read_right_by_its_named_encoding_and_by_the_detected_one(language, encoding, times):
    text = TOLD[language] * times
    for codec in {encoding, found(language, encoding, times) or encoding}:
        assert read(text.encode(encoding), codec) == text


def test_most_of_these_texts_are_detected():
    assert sum(bool(found(language, encoding, 20)) for language, encoding in WRITTEN) >= len(WRITTEN) - 2


@pytest.mark.parametrize("language", TOLD)
def test_utf8_with_one_wrong_byte_is_not_taken_for_another_encoding(language):
    data = bytearray((TOLD[language] * 20).encode())
    data[len(data) // 2] = 0xFF
    assert refusal(bytes(data)).code == "encoding_unknown"


@pytest.mark.parametrize("size", [20, 100, 1000])
def test_random_letters_of_no_language_are_not_guessed(size):
    for seed in range(20):
        data = bytes(random.Random(seed).choices(range(0xA1, 0xFF), k=size))
        assert refusal(data).code == "encoding_unknown"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(encoding):
    assert read("ab \u00e9\n".encode(encoding)) == "ab \u00e9\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_latin_letters_without_a_mark_are_no_binary_file(encoding):
    assert read("It was the best of times.\n".encode(encoding)) == "It was the best of times.\n"


def test_a_few_accents_are_too_little_to_be_sure():
    error = refusal("José\nZoë\nRenée\nJürgen\nFrançois\nAnna\nMaria\n".encode("latin-1"))
    assert error.code == "encoding_unknown"
    assert "`encoding`" in error.expected
    assert error.got.startswith("perhaps cp")


def test_one_strange_byte_far_behind_is_seen():
    data = b"plain\n" * (BLOCK // 3) + TOLD["German"].encode("cp1252")
    assert read(data).endswith(TOLD["German"])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-16-be"])
def test_a_long_text_is_detected_though_a_sample_cuts_characters(encoding):
    text = "".join(TOLD["Chinese"][: 5 + n % 30] + "a" * (n % 2) + "\n" for n in range(4000))
    assert read(text.encode(encoding)) == text


def test_the_wrong_encoding_is_refused_with_the_byte():
    error = refusal(b"abc" * BLOCK + b"\xff", "utf-8")
    assert error.code == "encoding_wrong"
    assert error.got.endswith(f"byte {3 * BLOCK:,}")


def test_a_text_that_ends_in_the_middle_of_a_character_is_refused():
    assert refusal("日本語".encode()[:-1], "utf-8").code == "encoding_wrong"


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF" + bytes(60), b"\x89PNG\r\n\x1a\n" + bytes(range(256)), bytes(100), random.Random(1).randbytes(999)],
)
def test_what_is_no_text_is_called_binary(data):
    assert refusal(data).code == "binary_text"


def test_a_control_character_is_refused_with_its_place():
    error = refusal(b"line\n" * 3 + b"be\x07ll")
    assert error.code == "binary_text"
    assert error.got == "a file that is no text: control character U+0007 at character 18"


def test_an_endless_run_of_combining_marks_is_refused_before_it_is_composed():
    error = refusal(b"line\n" + ("a" + "\u0301\u0327" * 500_000).encode())  # composing it takes an hour
    assert (error.code, error.got) == ("too_many_marks", "more at character 7")


def test_as_many_marks_as_a_text_may_have_are_read():
    assert read(("a" + "\u0327" * 100 + "b").encode()).endswith("\u0327b")


@pytest.mark.parametrize("border", range(-3, 3))
def test_line_breaks_become_one_kind_even_across_blocks(border):
    text = "x" * (BLOCK + border) + "\r\n\r\nb\rc\fd"
    assert read(text.encode()) == "x" * (BLOCK + border) + "\n\nb\nc\nd"


def test_characters_are_composed():
    assert read("e\u0301".encode()) == "\u00e9"


def test_every_offered_encoding_reads_plain_letters():
    for encoding in ENCODINGS[1:]:
        assert read("Kiln 7\n".encode(encoding), encoding) == "Kiln 7\n"


def test_a_text_without_line_breaks_is_whole():
    text = "word " * (1 << 20)
    assert read(text.encode()) == text
