"""One table says what files are called."""

from __future__ import annotations

import pytest

from models_store.media_types import SIDECARS, SUFFIXES, beside, owner_of, suffix


@pytest.mark.parametrize(("media_type", "said"), [("image/png", "png"), ("text/plain", "txt"), ("text/html", "bin")])
def test_the_suffix_follows_from_the_type(media_type: str, said: str) -> None:
    assert suffix(media_type) == said


def test_no_two_types_share_a_suffix() -> None:
    assert len(set(SUFFIXES.values())) == len(SUFFIXES)


@pytest.mark.parametrize("sidecar", SIDECARS)
def test_a_sidecar_belongs_to_the_file_that_it_is_named_after(sidecar: str) -> None:
    assert owner_of(beside("sub/000001.txt", sidecar)) == "sub/000001.txt"
    assert suffix(SIDECARS[sidecar]) == sidecar


@pytest.mark.parametrize("name", ["a.txt", "c2pa", "a.txt.c2pa.xmp", "a.txt.xmp.c2pa"])
def test_other_files_belong_to_none(name: str) -> None:
    assert owner_of(name) is None
