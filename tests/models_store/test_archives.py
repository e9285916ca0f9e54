"""Archives are written the same way every time, and read with limits."""

from __future__ import annotations

import contextlib
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store.archive import ArchiveLimits, ArchiveRefused, read_archive_members, write_archive
from models_store.canonical import file_digest
from models_store.errors import InvalidInput
from models_store.names import UnsafeName

MEMBERS = [("0.png", b"zero"), ("sub/1.png", b"one"), ("ü.txt", b"")]


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_members_come_back_in_their_order(tmp_path: Path):
    write_archive(tmp_path / "a.zip", MEMBERS)
    assert list(read_archive_members(tmp_path / "a.zip")) == MEMBERS


def test_the_same_members_give_the_same_bytes(tmp_path: Path):
    for name in ("a.zip", "b.zip"):
        write_archive(tmp_path / name, iter(MEMBERS))
    assert file_digest(tmp_path / "a.zip") == file_digest(tmp_path / "b.zip")


def test_members_are_stored_not_deflated(tmp_path: Path):
    write_archive(tmp_path / "a.zip", [("a", b"x" * 1000)])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize("members", [[("../a", b"")], [("a", b""), ("a", b"")]])
def test_what_cannot_be_written_leaves_no_file(tmp_path: Path, members: list[tuple[str, bytes]]):
    with pytest.raises(InvalidInput):
        write_archive(tmp_path / "a.zip", members)
    assert list(tmp_path.iterdir()) == []


def test_too_many_entries_are_refused(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", *[(str(index), b"") for index in range(4)])
    with pytest.raises(ArchiveRefused) as said:
        list(read_archive_members(path, ArchiveLimits(entries=3)))
    assert (said.value.code, said.value.got) == ("archive_entries", 4)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", ("bomb", bytes(20 << 20)))
    with pytest.raises(ArchiveRefused) as said:
        next(read_archive_members(path))
    assert (said.value.code, said.value.field) == ("archive_size", "bomb")


def test_a_total_over_the_limit_is_refused(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", ("a", bytes(600)), ("b", bytes(600)))
    with pytest.raises(ArchiveRefused) as said:
        next(read_archive_members(path, ArchiveLimits(total_bytes=1000)))
    assert said.value.code == "archive_size"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "C:/x"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str):
    with pytest.raises(UnsafeName):
        next(read_archive_members(zipped(tmp_path / "a.zip", (name, b"x"))))


def test_a_link_is_refused(tmp_path: Path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArchiveRefused) as said:
        next(read_archive_members(zipped(tmp_path / "a.zip", (link, b"/etc/passwd"))))
    assert said.value.field == "link"


def test_folders_are_passed_over(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", ("sub/", b""), ("sub/a", b"a"))
    assert list(read_archive_members(path)) == [("sub/a", b"a")]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
def test_a_damaged_archive_is_read_or_refused_in_words(changes: list[tuple[int, int]], deflated: bool):
    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder) / "a.zip", ("ü.png", b"abc" * 50), ("b/c", b"xyz"))
        if not deflated:
            write_archive(path, MEMBERS)
        data = bytearray(path.read_bytes())
        for place, value in changes:
            data[place % len(data)] = value
        path.write_bytes(data)
        with contextlib.suppress(InvalidInput):  # any other error would be a traceback for whoever sent it
            list(read_archive_members(path))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip" * 100])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ArchiveRefused) as said:
        list(read_archive_members(tmp_path / "a.zip"))
    assert said.value.code == "archive_damaged"


def test_a_member_whose_bytes_changed_is_named(tmp_path: Path):
    write_archive(tmp_path / "a.zip", [("good", b"good"), ("bad", b"picture")])
    data = (tmp_path / "a.zip").read_bytes().replace(b"picture", b"picturf")
    (tmp_path / "a.zip").write_bytes(data)
    members = read_archive_members(tmp_path / "a.zip")
    assert next(members) == ("good", b"good")
    with pytest.raises(ArchiveRefused) as said:
        next(members)
    assert said.value.field == "bad"
