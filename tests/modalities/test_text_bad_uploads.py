"""What cannot be used is refused or listed with a code and its place; the good beside it is kept."""

from __future__ import annotations

import zipfile

import pytest

from models_store.errors import InvalidInput
from tests.builders_images import Silent
from tests.english_like import english_like
from tests.texts import ingest, zipped
from workers.modalities.members import Limits
from workers.modalities.text import Text

GOOD = english_like(1, 800).encode()


def refused(folder, data, **params):
    with pytest.raises(InvalidInput) as caught:
        ingest(folder, data, **params)
    return caught.value


@pytest.mark.parametrize(
    ("data", "params", "code"),
    [
        (b"", {}, "empty_text"),
        (b" \n\t\r\n", {}, "empty_text"),
        (b"\xef\xbb\xbf", {}, "empty_text"),
        (b"\n\n\n", {"document": "line"}, "empty_text"),
        (b"\x7fELF\x02\x01\x01" + bytes(64), {}, "binary_text"),
        (b"caf\xe9 " * 50, {"encoding": "utf-8"}, "encoding_wrong"),
        (b"a few words", {}, "too_little_text"),
        (b"same\nsame\nsame\n", {"document": "line"}, "too_little_text"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 4097))).encode(), {}, "too_many_characters"),
        (b"PK\x03\x04 broken", {}, "zip_corrupt"),
        (b"\x1f\x8b\x08" + bytes(40), {}, "nested_archive"),
        ({"one.txt": b"", "two.txt": b"  "}, {}, "empty_text"),
        ({"one.txt": b"", "two.png": b"\x89PNG\r\n\x1a\n\0\0"}, {}, "no_usable_text"),
    ],
)
def test_an_upload_without_any_use_is_refused_by_code(tmp_path, data, params, code):
    error = refused(tmp_path / "set", data, **params)
    assert error.code == code
    assert error.expected
    assert error.got


def test_one_bad_file_among_good_ones_is_listed(tmp_path):
    files = {
        "good.txt": GOOD,
        "empty.txt": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n\0\0",
        "inner.zip": zipped({"a": b"b"}),
    }
    problems = ingest(tmp_path / "set", files)["problems"]
    assert [(problem["file"], problem["code"]) for problem in problems] == [
        ("empty.txt", "empty_text"), ("inner.zip", "nested_archive"), ("picture.png", "binary_text"),
    ]  # fmt: skip


def test_a_file_that_turns_binary_at_its_end_leaves_no_line_behind(tmp_path):
    made = ingest(tmp_path / "set", {"good.txt": b"one\ntwo\n", "bad.txt": b"three\nfour\n\0"}, document="line")
    assert made["profile"]["documents"] == 2


def test_texts_go_through_the_guard_of_archives(tmp_path):
    error = refused(tmp_path / "bomb", {"bomb.txt": b"a" * (300 << 20)})
    assert error.code == "zip_bomb"
    listed = ingest(tmp_path / "set", {"../../etc/passwd": GOOD, "good.txt": GOOD})["problems"]
    assert [problem["code"] for problem in listed] == ["unsafe_name"]


def test_more_text_than_a_data_set_may_have_is_refused_while_it_is_read(tmp_path):
    source = tmp_path / "told.txt"
    source.write_bytes(GOOD)
    with pytest.raises(InvalidInput) as caught:
        Text().ingest(source, tmp_path / "set", Silent(), limits=Limits(stored_bytes=1000))
    assert caught.value.code == "dataset_too_large"


def test_an_archive_cut_short_is_a_problem_of_its_file(tmp_path):
    source = tmp_path / "cut.zip"
    source.write_bytes(zipped({"first.txt": GOOD, "second.txt": GOOD[:300]}))
    with zipfile.ZipFile(source) as archive:
        at = archive.getinfo("first.txt").header_offset + 60
    data = bytearray(source.read_bytes())
    data[at : at + 8] = bytes(8)
    made = ingest(tmp_path / "set", bytes(data))
    assert [problem["file"] for problem in made["problems"]] == ["first.txt"]
    assert made["problems"][0]["code"] == "file_damaged"
