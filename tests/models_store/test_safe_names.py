"""Nothing that came from outside reaches the file system unchecked."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store import names
from models_store.names import UnsafeName

UNSAFE = ["", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", "a\\b", "C:/a", "a\x00b", "a\nb", "\u202ea", "x" * 300]


@pytest.mark.parametrize("said", UNSAFE)
def test_a_name_that_could_lead_out_is_refused(said: str):
    with pytest.raises(UnsafeName):
        names.relative(said)


@given(st.text(alphabet="ab./\\:\x00 ü", max_size=12))
def test_an_accepted_name_stays_in_its_folder(said: str):
    try:
        name = names.relative(said)
    except UnsafeName:
        return
    home = Path("/home/kiln")
    assert (home / name).resolve().is_relative_to(home)
    assert str(PurePosixPath(name)) == name


@pytest.mark.parametrize("said", ["", "..", "A", "a/b", "-a", "x" * 65, "a\n"])
def test_a_namespace_is_a_plain_word(said: str):
    with pytest.raises(UnsafeName):
        names.namespace(said)


@pytest.mark.parametrize("said", ["", "ab", "A" * 64, "g" * 64, "0" * 64 + "\n", "../" + "0" * 61])
def test_a_digest_is_64_hex_digits(said: str):
    with pytest.raises(UnsafeName):
        names.sha256(said)
