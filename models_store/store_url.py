"""Which store STORE_URL names: a folder of this machine, or a bucket that several machines share."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from models_store.blob_cache import BlobCache
from models_store.blobs import BlobStore, FileBlobs
from models_store.errors import InvalidInput

if TYPE_CHECKING:
    from obstore.store import S3Config

EXPECTED = "file:///absolute/folder or s3://bucket/prefix?endpoint=https://host&region=name"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
ASKED_OF_S3 = {"endpoint", "region"}
CREDENTIALS = (  # one of these must be whole, lest a search for some begins at an address that cloud machines have
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
    {"AWS_WEB_IDENTITY_TOKEN_FILE"},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI"},
)


def open_store(
    url: str, cache: Path, *, cache_bytes: int = 20 * 2**30, environment: Mapping[str, str] = os.environ
) -> BlobStore:
    """The store behind a URL; `cache` is where a far one keeps its copies. InvalidInput repeats no secret."""
    try:
        said = urlsplit(url)
        if said.scheme == "file" and said.netloc in {"", "localhost"} and said.path.startswith("/"):
            return FileBlobs(Path(unquote(said.path)))
        bucket, prefix, config = _bucket(said)
    except ValueError:
        got = _without_secrets(url)
        raise InvalidInput(
            f"STORE_URL: expected {EXPECTED} (credentials stand in the environment as AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY, never in the URL); got {got}.",
            field="STORE_URL",
            expected=EXPECTED,
            got=got,
        ) from None  # what the parser said may repeat a secret
    if not any(all(environment.get(name) for name in one) for one in CREDENTIALS):
        raise InvalidInput(
            "STORE_URL names a bucket, and the environment has no credentials for it: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY.",
            field="STORE_URL",
            expected=[" and ".join(sorted(one)) for one in CREDENTIALS],
        )
    from models_store.s3_blobs import S3Blobs  # costs 30 ms, which a store in a folder need not

    return S3Blobs(bucket, prefix, BlobCache(cache, cache_bytes), config)


def _bucket(said: SplitResult) -> tuple[str, str, S3Config]:
    """Bucket, prefix, and what S3 is to be told; ValueError for all that is none of these."""
    prefix = said.path.strip("/")
    asked = dict(parse_qsl(said.query, strict_parsing=True)) if said.query else {}
    endpoint = urlsplit(asked.get("endpoint", "https://none"))
    right = (
        said.scheme == "s3"
        and BUCKET.fullmatch(said.netloc)
        and (not prefix or PREFIX.fullmatch(prefix))
        and not {".", ".."} & set(prefix.split("/"))
        and not said.fragment
        and asked.keys() <= ASKED_OF_S3
        and endpoint.scheme in {"http", "https"}
        and endpoint.hostname
        and "@" not in endpoint.netloc
        and endpoint._replace(scheme="", netloc="").geturl() in {"", "/"}
    )
    if not right:
        raise ValueError("this names no store")
    config: S3Config = {}
    if "endpoint" in asked:
        config["endpoint"] = asked["endpoint"].rstrip("/")
    if "region" in asked:
        config["region"] = asked["region"]
    return said.netloc, prefix, config


def _without_secrets(url: str) -> str:
    """A URL as it may be repeated: without user and password, and without query and fragment."""
    scheme, colon, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition(":")
    return f"{scheme}{colon}//{rest.rpartition('@')[2]}" if "@" in rest else f"{scheme}{colon}{rest}"
