"""A bucket that several machines share, and the copies each of them keeps."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from stores import BucketStore

from models_store import s3_blobs
from models_store.blob_cache import IN_USE_S, BlobCache
from models_store.canonical import digest
from models_store.errors import IntegrityFailure, NotFound
from models_store.s3_blobs import StoreUnavailable
from models_store.store_url import open_store

SPACE = "0190aaaa-1111-7111-8111-000000000001"


def test_what_one_machine_puts_another_reads(bucket: BucketStore, tmp_path: Path):
    sha256 = bucket.store.put(SPACE, b"clay")
    assert bucket.on_machine(tmp_path / "elsewhere").path(SPACE, sha256).read_bytes() == b"clay"


def test_what_one_machine_deletes_is_gone_on_another_that_has_a_copy(bucket: BucketStore, tmp_path: Path):
    sha256 = bucket.store.put(SPACE, b"clay")
    bucket.store.path(SPACE, sha256)
    bucket.on_machine(tmp_path / "elsewhere").delete(SPACE, sha256)
    with pytest.raises(NotFound):
        bucket.store.path(SPACE, sha256)
    assert bucket.copies() == []


def test_a_copy_is_fetched_once(bucket: BucketStore):
    sha256 = bucket.store.put(SPACE, b"clay")
    first = bucket.store.path(SPACE, sha256).stat().st_ino
    assert bucket.store.path(SPACE, sha256).stat().st_ino == first


def test_a_damaged_copy_is_fetched_again(bucket: BucketStore):
    place = bucket.store.path(SPACE, bucket.store.put(SPACE, b"clay"))
    place.chmod(0o600)
    place.write_bytes(b"clax")
    assert bucket.store.path(SPACE, digest(b"clay")).read_bytes() == b"clay"


def test_only_the_owner_can_read_the_copies(bucket: BucketStore):
    place = bucket.store.path(SPACE, bucket.store.put(SPACE, b"clay"))
    assert {oct(path.stat().st_mode & 0o077) for path in (place, place.parent, place.parent.parent)} == {"0o0"}


def test_small_reads_leave_no_copies(bucket: BucketStore):
    bucket.store.read(SPACE, bucket.store.put(SPACE, b"clay"))
    assert bucket.copies() == []


@pytest.mark.parametrize("parts", [1, 3])
def test_a_file_that_changes_while_it_is_stored_is_not_kept(
    bucket: BucketStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
):
    said = iter([[b"a" * s3_blobs.PART] * parts, [b"b" * s3_blobs.PART] * parts])
    monkeypatch.setattr(s3_blobs, "pieces", lambda source: iter(next(said)))
    with pytest.raises(IntegrityFailure):
        bucket.store.put(SPACE, tmp_path / "changing")
    assert bucket.kept() == []


def test_a_store_that_does_not_answer_says_so_and_that_it_is_worth_trying_again(
    bucket: BucketStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(s3_blobs, "RETRIES", {"max_retries": 0})
    away = open_store("s3://away?endpoint=http://127.0.0.1:9&region=us-east-1", tmp_path)
    with pytest.raises(StoreUnavailable) as said:
        away.put(SPACE, b"clay")
    assert (said.value.http_status, said.value.retry) == (503, True)


def test_a_bucket_that_is_not_there_is_named(bucket: BucketStore, tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="no-such-bucket"):
        open_store(bucket.url.replace(bucket.name, "no-such-bucket"), tmp_path).put(SPACE, b"clay")


def aged(cache: BlobCache, data: bytes, hours: float) -> str:
    """A copy that was last used so many hours ago."""
    sha256 = digest(data)
    cache.fill(SPACE, sha256, len(data), [data])
    with cache.open(SPACE, sha256) as file:
        os.utime(file.fileno(), (time.time() - hours * 3600,) * 2)
    return sha256


def there(cache: BlobCache) -> set[str]:
    """The digests of the copies."""
    return {path.name for path in cache.copies.root.glob("*/*/*")}


def test_copies_not_used_for_longest_go_first(tmp_path: Path):
    cache = BlobCache(tmp_path, 1000)
    old, older, oldest = (aged(cache, bytes([hours]) * 10, hours) for hours in (2, 3, 4))
    cache.shrink(20, time.time())
    assert there(cache) == {old, older}
    cache.shrink(10, time.time())
    assert (there(cache), oldest in there(cache)) == ({old}, False)


def test_a_copy_in_use_stays_beyond_the_limit(tmp_path: Path):
    cache = BlobCache(tmp_path, 1000)
    used = aged(cache, b"x" * 10, 0.5 * IN_USE_S / 3600)
    cache.shrink(0, time.time())
    assert there(cache) == {used}


def test_fetching_makes_room(tmp_path: Path):
    cache = BlobCache(tmp_path, 100)
    for number in range(20):
        aged(cache, bytes([number]) * 10, 5)
    assert len(there(cache)) <= 11
