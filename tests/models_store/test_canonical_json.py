"""One value has one byte form, and what has none is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store.canonical import NotCanonical, canonical, digest, file_digest


def test_keys_are_sorted_and_no_space_is_written():
    assert canonical({"b": [1, 2.0], "a": "ü"}) == '{"a":"ü","b":[1,2]}'.encode()


@given(st.dictionaries(st.text(max_size=5), st.integers(-(2**53) + 1, 2**53 - 1), max_size=6))
def test_the_order_of_insertion_does_not_matter(value: dict[str, int]):
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {1: "a"}, {"a": object()}, "\ud800"])
def test_what_has_no_canonical_form_is_refused(value: object):
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_file_and_its_bytes_have_one_digest(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"abc")
    assert file_digest(tmp_path / "f") == digest(b"abc")
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
