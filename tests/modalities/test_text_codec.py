"""Tokens and characters: there and back, prompts, files, sheets."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from models_store.errors import InvalidInput
from tests.english_like import text_spec
from workers.modalities.text import Text
from workers.modalities.text_codec import TokenOutOfRange

SPEC = text_spec("abc\né ", 16)
TEXT = Text(length=16)


def item(text: str) -> np.ndarray:
    return np.array([ord(char) for char in text], np.uint32)


def told(items: list[np.ndarray]) -> list[str]:
    return ["".join(map(chr, one)) for one in items]


@pytest.mark.parametrize("text", ["", "a", "abc abc", "a" * 15, "b" * 16])
def test_decode_undoes_stored(text):
    raw = TEXT.stored([item(text)], SPEC)
    fields = TEXT.encode({name: torch.from_numpy(array) for name, array in raw.items()})
    assert told(TEXT.decode(fields, SPEC)) == [text]
    assert fields["length"].item() == min(16, len(text) + 1)


def test_what_is_longer_than_a_passage_is_stored_cut():
    assert TEXT.stored([item("abc" * 9)], SPEC)["length"].tolist() == [16]


def test_an_item_ends_at_its_first_boundary_whatever_follows():
    tokens = torch.tensor([[1, 0, 1, 1], [0, 1, 1, 1]])
    assert [len(one) for one in TEXT.decode({"text": tokens}, SPEC)] == [1, 0]


@pytest.mark.parametrize("token", [-1, 7])
def test_a_token_that_the_data_do_not_have_is_an_error(token):
    with pytest.raises(TokenOutOfRange):
        TEXT.decode({"text": torch.tensor([[token]])}, SPEC)


def test_a_prompt_is_composed_and_has_one_kind_of_line_break():
    assert TEXT.prompt("e\u0301\r\na", SPEC).tolist() == TEXT.prompt("é\na", SPEC).tolist()
    assert len(TEXT.prompt("", SPEC)) == 0


def test_unknown_characters_of_a_prompt_are_named_with_their_places():
    with pytest.raises(InvalidInput) as caught:
        TEXT.prompt("abX\U0001f525X\x07\ud800", SPEC)
    error = caught.value.as_dict()
    assert (error["code"], error["field"]) == ("unknown_characters", "params.prompt")
    assert error["got"] == "'X' (U+0058) at 3, '\U0001f525' (U+1F525) at 4, U+0007 at 6, U+D800 at 7"
    assert "abc" in error["expected"]
    assert str(error).encode()


@pytest.mark.parametrize(("text", "data"), [("a", b"a\n"), ("a\n", b"a\n"), ("", b"\n"), ("é", b"\xc3\xa9\n")])
def test_a_file_ends_with_a_line_break(text, data):
    assert TEXT.file_bytes(item(text)) == data


def test_a_sheet_holds_64_texts_at_most_and_is_the_same_each_time(tmp_path):
    items = [item("漢 ab\tc\n" * (n % 40)) for n in range(100)]
    for name in ("a.png", "b.png"):
        TEXT.sheet(items, tmp_path / name, (f"seed {n}" for n in range(100)))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())) as picture:
        assert max(picture.size) < 2000


def test_a_sheet_of_nothing_is_refused(tmp_path):
    with pytest.raises(InvalidInput):
        TEXT.sheet([], tmp_path / "none.png")
