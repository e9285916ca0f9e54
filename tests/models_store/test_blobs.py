"""Blobs are written once, whole or not at all, and verified on read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models_store.blobs import FileBlobs, open_store
from models_store.canonical import digest
from models_store.errors import IntegrityFailure, InvalidInput, NotFound
from models_store.names import UnsafeName

SPACE = "0190aaaa-1111-7111-8111-000000000001"
OTHER = "0190aaaa-1111-7111-8111-000000000002"


@pytest.fixture
def store(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "store")


def test_bytes_come_back_by_their_digest(store: FileBlobs):
    sha256 = store.put(SPACE, b"clay")
    assert sha256 == digest(b"clay")
    assert (store.read(SPACE, sha256), store.size(SPACE, sha256)) == (b"clay", 4)


def test_a_file_and_its_bytes_are_one_blob(store: FileBlobs, tmp_path: Path):
    (tmp_path / "f").write_bytes(b"clay")
    assert store.put(SPACE, tmp_path / "f") == store.put(SPACE, b"clay")
    assert len([path for path in store.root.rglob("*") if path.is_file()]) == 1


def test_one_project_does_not_see_the_blobs_of_another(store: FileBlobs):
    sha256 = store.put(SPACE, b"clay")
    assert not store.exists(OTHER, sha256)
    with pytest.raises(NotFound):
        store.read(OTHER, sha256)


def test_changed_bytes_are_never_handed_out(store: FileBlobs):
    sha256 = store.put(SPACE, b"clay")
    place = store.path(SPACE, sha256)
    place.chmod(0o600)
    place.write_bytes(b"clax")
    for read in (store.read, store.open, store.path):
        with pytest.raises(IntegrityFailure):
            read(SPACE, sha256)


def test_putting_the_bytes_again_repairs_a_damaged_blob(store: FileBlobs):
    sha256 = store.put(SPACE, b"clay")
    place = store.path(SPACE, sha256)
    place.unlink()
    place.write_bytes(b"")
    store.put(SPACE, b"clay")
    assert store.read(SPACE, sha256) == b"clay"


def test_a_put_that_fails_leaves_nothing_behind(store: FileBlobs, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        store.put(SPACE, tmp_path / "missing")
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_only_the_owner_can_read_the_store(store: FileBlobs):
    place = store.path(SPACE, store.put(SPACE, b"clay"))
    modes = {oct(path.stat().st_mode & 0o077) for path in (place, place.parent, place.parent.parent)}
    assert modes == {"0o0"}


def test_a_deleted_blob_is_gone_and_deleting_it_again_is_no_error(store: FileBlobs):
    sha256 = store.put(SPACE, b"clay")
    store.delete(SPACE, sha256)
    store.delete(SPACE, sha256)
    assert not store.exists(SPACE, sha256)


def test_files_are_laid_out_by_name(store: FileBlobs, tmp_path: Path):
    files = {"model/g.onnx": store.put(SPACE, b"g"), "card.md": store.put(SPACE, b"c")}
    store.materialise(SPACE, files, tmp_path / "out")
    assert (tmp_path / "out/model/g.onnx").read_bytes() == b"g"
    assert (tmp_path / "out/card.md").read_bytes() == b"c"


def test_a_store_on_another_file_system_is_copied_from(
    store: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    store.materialise(SPACE, {"a": store.put(SPACE, b"a")}, tmp_path / "out")
    assert (tmp_path / "out/a").read_bytes() == b"a"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b"])
def test_no_file_is_laid_out_beside_the_folder(store: FileBlobs, tmp_path: Path, name: str):
    sha256 = store.put(SPACE, b"a")
    with pytest.raises(UnsafeName):
        store.materialise(SPACE, {"good": sha256, name: sha256}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("namespace", ["..", "../x", "", "a/b"])
def test_a_namespace_that_is_a_path_is_refused(store: FileBlobs, namespace: str):
    with pytest.raises(UnsafeName):
        store.put(namespace, b"a")
    assert not store.root.exists()


def test_a_store_is_opened_by_its_url(tmp_path: Path):
    folder = tmp_path / "with space"
    sha256 = open_store(folder.as_uri()).put(SPACE, b"a")
    assert FileBlobs(folder).exists(SPACE, sha256)


@pytest.mark.parametrize("url", ["s3://bucket", "file://host/x", "/var/store", "file:relative"])
def test_a_store_that_cannot_be_opened_says_what_was_expected(url: str):
    with pytest.raises(InvalidInput) as said:
        open_store(url)
    assert said.value.as_dict()["expected"] == "file:///absolute/folder"
