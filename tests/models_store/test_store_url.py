"""STORE_URL: which store it names, what is refused, and that no secret is ever repeated."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from models_store.blobs import FileBlobs
from models_store.errors import InvalidInput
from models_store.s3_blobs import S3Blobs
from models_store.store_url import open_store

SPACE = "0190aaaa-1111-7111-8111-000000000001"
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def test_a_folder_is_opened_by_its_url(tmp_path: Path):
    folder = tmp_path / "with space"
    sha256 = open_store(folder.as_uri(), tmp_path).put(SPACE, b"a")
    assert FileBlobs(folder).exists(SPACE, sha256)


@pytest.mark.parametrize("query", ["", "?region=eu-central-1", "?endpoint=http://s3:7070&region=x"])
def test_a_bucket_is_opened_by_its_url(tmp_path: Path, query: str):
    store = open_store(f"s3://bucket/a/prefix{query}", tmp_path, environment=KEYS)
    assert isinstance(store, S3Blobs)
    assert store.bucket == "bucket"


@pytest.mark.parametrize("environment", [{}, {"AWS_ACCESS_KEY_ID": "a"}, KEYS | {"AWS_SECRET_ACCESS_KEY": ""}])
def test_a_bucket_without_credentials_in_the_environment_is_refused(tmp_path: Path, environment: dict[str, str]):
    with pytest.raises(InvalidInput, match="AWS_SECRET_ACCESS_KEY"):
        open_store("s3://bucket", tmp_path, environment=environment)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://bucket",
        "file://host/x",
        "/var/store",
        "file:relative",
        "s3://",
        "s3:///prefix",
        "s3://UPPER",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://bucket?region",
        "s3://bucket?endpoint=s3:7070",
        "s3://bucket?endpoint=ftp://s3",
        "s3://bucket?endpoint=https://",
        "s3://bucket?endpoint=https://s3/path",
        "s3://bucket?endpoint=https://[::1",
        "s3://[bucket",
    ],
)
def test_a_store_that_cannot_be_opened_says_what_was_expected(tmp_path: Path, url: str):
    with pytest.raises(InvalidInput) as said:
        open_store(url, tmp_path, environment=KEYS)
    assert "file:///absolute/folder" in said.value.as_dict()["expected"]


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hush@bucket",
        "s3://bucket?secret_access_key=hush",
        "s3://bucket?hush",
        "s3://bucket?endpoint=http://key:hush@s3",
        "s3://bucket#hush",
        "https://key:hush@host/bucket",
        "s3://key:hush@[bucket",
        "s3://key:hush/@bucket",
    ],
)
def test_a_secret_in_the_url_is_refused_and_not_repeated(tmp_path: Path, url: str):
    with pytest.raises(InvalidInput) as said:
        open_store(url, tmp_path, environment=KEYS)
    assert "hush" not in "".join(traceback.format_exception(said.value)) + str(said.value.as_dict())
