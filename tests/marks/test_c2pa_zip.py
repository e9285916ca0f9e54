"""A zip that is sealed as it grows is read by others, and costs no memory for its members."""

from __future__ import annotations

import tracemalloc
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models_store.keys import create_keyring
from models_store.signing import sign_es256
from models_store.stored_zip import StoredZip, directory_entry, ending
from workers.marks import c2pa_archive
from workers.marks.c2pa_boxes import cbor
from workers.marks.c2pa_origin import SigningFailed
from workers.marks.c2pa_zip import SealedZip

RELEASE: dict[str, Any] = {"job": "j", "producer": "Kilnmark"}
MEMBERS = {f"{index:06d}.png": bytes([index]) * 1000 for index in range(40)}


def sealed(place: Path, members: dict[str, bytes]) -> str:
    """A zip of these members; the root that it is to be trusted under, PEM."""
    keyring, archive = create_keyring(place.parent / "keys"), SealedZip(place)
    for name, data in members.items():
        archive.add(name, data)
    assert keyring.credential is not None
    archive.seal(RELEASE, len(members), keyring.credential_chain_pem, partial(sign_es256, keyring.credential))
    return keyring.root_pem


def test_the_library_trusts_a_credential_that_we_wrote(tmp_path: Path) -> None:
    said = c2pa_archive.read(tmp_path / "a.zip", sealed(tmp_path / "a.zip", MEMBERS))
    assert said is not None
    assert (said["state"], said["claims"], said["changed"]) == ("Trusted", {"job": "j", "count": len(MEMBERS)}, {})


def test_another_program_finds_every_member_whole(tmp_path: Path) -> None:
    sealed(tmp_path / "a.zip", MEMBERS)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()[:-1]} == MEMBERS


@pytest.mark.parametrize("at", [500, -40])
def test_a_changed_byte_of_a_member_or_of_the_directory_shows(tmp_path: Path, at: int) -> None:
    place = tmp_path / "a.zip"
    root = sealed(place, MEMBERS)
    data = bytearray(place.read_bytes())
    if at < 0:
        at = data.rindex(b"PK\1\2") - 5  # in the name of the last member, as the directory has it
    data[at] ^= 1
    place.write_bytes(data)
    said = c2pa_archive.read(place, root)
    assert said is not None
    assert said["state"] == "Invalid"


def test_members_beyond_four_gibibytes_are_found(tmp_path: Path) -> None:
    archive = StoredZip(tmp_path / "far.zip")
    archive.at = 5 << 30
    archive.file.seek(archive.at)  # a file with a hole takes no room
    archive.add("far.png", b"far")
    archive.finish()
    with zipfile.ZipFile(tmp_path / "far.zip") as read:
        assert read.read("far.png") == b"far"


def test_the_end_of_more_members_than_sixteen_bits_count_is_read(tmp_path: Path) -> None:
    entries = [directory_entry(f"{index:06d}.png", 0, 0, index) for index in range(2)]
    directory = b"".join(entries)
    end = ending(66_000, len(directory), 0)  # a reader goes by the length, and looks for the longer record by the count
    (tmp_path / "many.zip").write_bytes(directory + end)
    with zipfile.ZipFile(tmp_path / "many.zip") as archive:
        assert archive.namelist() == ["000000.png", "000001.png"]
    assert int.from_bytes(end[24:32], "little") == 66_000


def test_memory_does_not_grow_with_the_members(tmp_path: Path) -> None:
    archive = SealedZip(tmp_path / "a.zip")
    tracemalloc.start()
    try:
        for index in range(2000):
            archive.add(f"{index:06d}.png", b"x")
        assert tracemalloc.get_traced_memory()[1] < 250_000  # held in memory they would take 400 kB
    finally:
        tracemalloc.stop()
        archive.close()


def test_nothing_is_sealed_without_a_signature(tmp_path: Path) -> None:
    chain, archive = create_keyring(tmp_path / "keys").credential_chain_pem, SealedZip(tmp_path / "a.zip")
    archive.add("000000.png", b"x")
    with pytest.raises(SigningFailed):
        archive.seal(RELEASE, 1, chain, lambda claim: b"short")
    archive.close()
    assert not zipfile.is_zipfile(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (23, "17"), (24, "1818"), (1_000_000, "1a000f4240"), (-7, "26"), ("IETF", "6449455446"), (b"\1", "4101"),
        ([1, None], "8201f6"), ({"a": 1}, "a1616101"),
    ],
)  # fmt: skip
def test_items_are_written_as_the_examples_of_rfc_8949_are(said: Any, written: str) -> None:
    assert cbor(said).hex() == written
