"""Texts become passages: boundary, split, vocabulary, profile; the names and the order of files do not matter."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load_file

from models_store.errors import InvalidInput
from tests.english_like import english_like
from tests.texts import ingest, spec_of
from workers.modalities.text import Text
from workers.modalities.text_dataset import Stretch, lengths, passages
from workers.modalities.text_documents import Document

LONG = english_like(1, 3000)
TALES = {f"{number}.txt": english_like(number, 40).encode() for number in range(60)}


def texts(folder, part):
    raw = load_file(folder / f"{part}.safetensors")
    return ["".join(map(chr, item)) for item in Text().decode(Text().encode(raw), spec_of(folder))]


@pytest.mark.parametrize("length", [16, 100, 1024])
def test_the_passages_of_one_text_are_the_text(tmp_path, length):
    ingest(tmp_path / "set", LONG, length=length)
    assert "".join(texts(tmp_path / "set", "train") + texts(tmp_path / "set", "holdout")) == LONG


def test_the_last_tenth_of_a_single_text_is_held_out(tmp_path):
    counts = ingest(tmp_path / "set", LONG, length=16)["counts"]
    assert counts["holdout"] == pytest.approx(sum(counts.values()) / 10, abs=1)


@pytest.mark.parametrize(("characters", "ends"), [(33, [16, 16, 2]), (47, [16, 16, 16]), (48, [16, 16, 16])])
def test_an_end_has_its_boundary_where_there_is_room(characters, ends):
    document = Document((b"x" * characters,), characters)
    assert lengths(Stretch(document, 0, passages(document, 16)), 16).tolist() == ends


def test_the_boundary_stands_behind_the_last_character_and_filler_behind_it(tmp_path):
    ingest(tmp_path / "set", "".join(chr(ord("a") + n % 26) for n in range(16 * 19 + 3)), length=16)
    raw = load_file(tmp_path / "set" / "holdout.safetensors")
    assert raw["length"].tolist() == [16, 4]
    assert raw["text"][-1].tolist()[3:] == [0] * 13
    assert raw["text"][-1].tolist()[:3].count(0) == 0


def test_many_documents_are_held_out_whole_and_by_content_alone(tmp_path):
    ingest(tmp_path / "few", dict(list(TALES.items())[:40]), length=1024)
    ingest(tmp_path / "all", TALES, length=1024)
    kept = set(texts(tmp_path / "few", "holdout"))
    assert 0 < len(kept) < 12
    assert kept <= set(texts(tmp_path / "all", "holdout"))
    assert not kept & set(texts(tmp_path / "all", "train"))


def test_names_and_order_of_files_do_not_change_the_address(tmp_path):
    renamed = {f"folder/{name}.x": data for name, data in reversed(TALES.items())}
    assert ingest(tmp_path / "a", TALES)["sha256"] == ingest(tmp_path / "b", renamed)["sha256"]


def test_the_encoding_of_the_files_does_not_change_the_arrays(tmp_path):
    ingest(tmp_path / "a", LONG)
    ingest(tmp_path / "b", LONG.encode("utf-16"))
    assert (tmp_path / "a" / "train.safetensors").read_bytes() == (tmp_path / "b" / "train.safetensors").read_bytes()


def test_lines_are_documents_where_asked(tmp_path):
    names = ["Ada", "Blaise", "Emmy", "Kurt", "Sofia", "Srinivasa"] * 5 + [f"Nobody {n}" for n in range(30)]
    made = ingest(tmp_path / "set", "\r\n".join(names) + "\r\n\r\n", document="line", length=16)
    assert made["profile"]["documents"] == 36
    assert made["profile"]["duplicates"] == 24
    assert sorted(texts(tmp_path / "set", "train") + texts(tmp_path / "set", "holdout")) == sorted(set(names))


def test_two_short_documents_are_enough(tmp_path):
    assert ingest(tmp_path / "set", {"a": b"one", "b": b"two"})["counts"] == {"train": 1, "holdout": 1}


def test_small_vocabularies_take_one_byte_a_character_and_large_ones_two(tmp_path):
    ingest(tmp_path / "small", "".join(map(chr, range(0x4E00, 0x4E00 + 255))), length=16)
    ingest(tmp_path / "large", "".join(map(chr, range(0x4E00, 0x4E00 + 256))), length=16)
    sizes = [load_file(tmp_path / name / "train.safetensors")["text"].element_size() for name in ("small", "large")]
    assert sizes == [1, 2]


def test_the_vocabulary_is_that_of_both_sides_behind_the_boundary(tmp_path):
    ingest(tmp_path / "set", "a" * 100 + "b" * 20, length=16)
    assert spec_of(tmp_path / "set").fields[0].labels == ("", "a", "b")
    assert spec_of(tmp_path / "set").fields[0].size == 3


def test_the_profile_counts_and_tells_no_names(tmp_path):
    profile = ingest(tmp_path / "set", {"secret-name.txt": b"aab \n" * 30, "other.txt": b"\x00"}, length=16)["profile"]
    assert profile["characters"] == 150
    assert profile["vocabulary"] == 4
    assert profile["frequent"][0] == {"character": "a", "count": 60}
    assert profile["encodings"] == {"utf-8": 1}
    assert (profile["longest"], profile["shortest"]) == (150, 150)
    assert profile["problems"] == {"binary_text": 1}
    assert "secret-name" not in json.dumps(profile)


def test_nothing_is_written_where_the_text_is_refused(tmp_path):
    with pytest.raises(InvalidInput):
        ingest(tmp_path / "set", "too short")
    assert not (tmp_path / "set").exists()
