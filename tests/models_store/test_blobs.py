"""Blobs are written once, whole or not at all, and verified on read: in a folder and in a bucket."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from stores import Shelf

from models_store.blobs import FileBlobs, put_all
from models_store.canonical import digest
from models_store.errors import IntegrityFailure, NotFound
from models_store.names import UnsafeName

SPACE = "0190aaaa-1111-7111-8111-000000000001"
OTHER = "0190aaaa-1111-7111-8111-000000000002"


@pytest.fixture
def files(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "store")


def test_bytes_come_back_by_their_digest(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert sha256 == digest(b"clay")
    assert (shelf.store.read(SPACE, sha256), shelf.store.size(SPACE, sha256)) == (b"clay", 4)


@pytest.mark.parametrize("data", [b"", b"clay" * 5_000_000], ids=["empty", "20 MB"])
def test_a_file_comes_back_whole_whatever_its_size(shelf: Shelf, tmp_path: Path, data: bytes):
    (tmp_path / "f").write_bytes(data)
    sha256 = shelf.store.put(SPACE, tmp_path / "f")
    assert sha256 == digest(data)
    with shelf.store.open(SPACE, sha256) as opened:
        assert opened.read() == shelf.store.path(SPACE, sha256).read_bytes() == data


def test_a_file_and_its_bytes_are_one_blob(shelf: Shelf, tmp_path: Path):
    (tmp_path / "f").write_bytes(b"clay")
    assert shelf.store.put(SPACE, tmp_path / "f") == shelf.store.put(SPACE, b"clay")
    assert len(shelf.kept()) == 1


def test_a_blob_lies_in_its_namespace_under_its_digest(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert shelf.kept() == [f"{SPACE}/{sha256[:2]}/{sha256}"]


def test_one_project_does_not_see_the_blobs_of_another(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert not shelf.store.exists(OTHER, sha256)
    with pytest.raises(NotFound):
        shelf.store.read(OTHER, sha256)


def test_what_a_namespace_holds_is_the_sum_of_its_blobs(shelf: Shelf):
    assert shelf.store.used(SPACE) == 0
    for data in (b"clay", b"clay", b"glaze"):
        shelf.store.put(SPACE, data)
    shelf.store.put(OTHER, b"kiln")
    assert shelf.store.used(SPACE) == len(b"clay") + len(b"glaze")


@pytest.mark.parametrize("ask", ["read", "open", "path", "size"])
def test_a_blob_that_is_not_there_is_said_to_be_missing(shelf: Shelf, ask: str):
    with pytest.raises(NotFound):
        getattr(shelf.store, ask)(SPACE, digest(b"never put"))


@pytest.mark.parametrize("ask", ["read", "open", "path"])
@pytest.mark.parametrize("data", [b"clax", b"", b"clay and more"], ids=["other", "empty", "longer"])
def test_changed_bytes_are_never_handed_out(shelf: Shelf, ask: str, data: bytes):
    sha256 = shelf.store.put(SPACE, b"clay")
    shelf.damage(SPACE, sha256, data)
    with pytest.raises(IntegrityFailure):
        getattr(shelf.store, ask)(SPACE, sha256)


def test_changed_bytes_are_not_laid_out(shelf: Shelf, tmp_path: Path):
    sha256 = shelf.store.put(SPACE, b"clay")
    shelf.damage(SPACE, sha256, b"clax")
    with pytest.raises(IntegrityFailure):
        shelf.store.materialise(SPACE, {"a": sha256}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_putting_the_bytes_again_repairs_a_damaged_blob(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    shelf.damage(SPACE, sha256, b"")
    shelf.store.put(SPACE, b"clay")
    assert shelf.store.read(SPACE, sha256) == b"clay"


def test_a_put_that_fails_leaves_nothing_behind(shelf: Shelf, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        shelf.store.put(SPACE, tmp_path / "missing")
    assert shelf.kept() == []


def test_a_deleted_blob_is_gone_and_deleting_it_again_is_no_error(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    shelf.store.path(SPACE, sha256)
    shelf.store.delete(SPACE, sha256)
    shelf.store.delete(SPACE, sha256)
    assert not shelf.store.exists(SPACE, sha256)
    with pytest.raises(NotFound):
        shelf.store.open(SPACE, sha256)


def test_files_are_laid_out_by_name(shelf: Shelf, tmp_path: Path):
    files = {"model/g.onnx": shelf.store.put(SPACE, b"g"), "card.md": shelf.store.put(SPACE, b"c")}
    shelf.store.materialise(SPACE, files, tmp_path / "out")
    assert (tmp_path / "out/model/g.onnx").read_bytes() == b"g"
    assert (tmp_path / "out/card.md").read_bytes() == b"c"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b"])
def test_no_file_is_laid_out_beside_the_folder(shelf: Shelf, tmp_path: Path, name: str):
    sha256 = shelf.store.put(SPACE, b"a")
    with pytest.raises(UnsafeName):
        shelf.store.materialise(SPACE, {"good": sha256, name: sha256}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("namespace", ["..", "../x", "", "a/b"])
def test_a_namespace_that_is_a_path_is_refused(shelf: Shelf, namespace: str):
    with pytest.raises(UnsafeName):
        shelf.store.put(namespace, b"a")
    assert shelf.kept() == []


def test_only_the_owner_can_read_the_folder(files: FileBlobs):
    place = files.path(SPACE, files.put(SPACE, b"clay"))
    modes = {oct(path.stat().st_mode & 0o077) for path in (place, place.parent, place.parent.parent)}
    assert modes == {"0o0"}


def test_a_folder_on_another_file_system_is_copied_from(
    files: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    files.materialise(SPACE, {"a": files.put(SPACE, b"a")}, tmp_path / "out")
    assert (tmp_path / "out/a").read_bytes() == b"a"


def test_many_at_once_are_kept_as_one_by_one_and_named_in_their_order(shelf: Shelf):
    parts = [f"part {number}".encode() for number in range(50)]
    assert [shelf.store.read(SPACE, sha256) for sha256 in put_all(shelf.store, SPACE, parts)] == parts


def test_of_many_at_once_one_that_cannot_be_kept_is_an_error(shelf: Shelf, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        put_all(shelf.store, SPACE, [b"one", tmp_path / "gone", b"three"])
