"""Both kinds of store, empty: a folder, and a bucket of an S3-speaking server that runs as long as the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stores import BucketStore, FolderStore, Shelf

from tests.s3_server import CREDENTIALS, S3Server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A server on a free port of the loopback, ended by its process id."""
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def bucket(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BucketStore:
    """A store in a bucket of its own; credentials stand in the environment, as in production."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return BucketStore(request.getfixturevalue("s3_server"), tmp_path / "cache")


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """Each kind of store in turn."""
    return FolderStore(tmp_path / "store") if request.param == "folder" else request.getfixturevalue("bucket")
