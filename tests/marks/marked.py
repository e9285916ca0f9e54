"""Builders for tests of marks: real small pictures, the image files of a release, a certificate chain."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.serialization import Encoding
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from models_store.certificates import issue_leaf, issue_root, new_key
from models_store.signing import sign_es256
from workers.modalities.fingerprint import fingerprint

Picture = NDArray[np.uint8]


@cache
def digits(count: int, size_px: int, channels: int = 1) -> list[Picture]:
    """Handwritten digits (H, W, C): strokes on flat black, which is what hides a mark least."""
    values = load_digits().images[:count] * 15.9
    small = [Image.fromarray(value.astype(np.uint8)) for value in values]
    grey = [np.asarray(one.resize((size_px, size_px), Image.Resampling.BICUBIC))[..., None] for one in small]
    return [np.repeat(one, channels, axis=2) for one in grey]


class PlainPng:
    """The three things that a release asks of a modality."""

    name = "image"
    media_type = "image/png"

    def file_bytes(self, item: Picture) -> bytes:
        """One item as PNG."""
        return encoded(item, "PNG")

    def fingerprint(self, item: Picture) -> str:
        """As of a picture."""
        return fingerprint(item)


class PlainText:
    """The same of code points (L,) uint32, which become a file that carries nothing inside."""

    name = "text"
    media_type = "text/plain"

    def file_bytes(self, item: NDArray[np.uint32]) -> bytes:
        """One item as UTF-8."""
        return "".join(map(chr, item)).encode()

    def fingerprint(self, item: NDArray[np.uint32]) -> str:
        """There is none."""
        return ""


def code_points(text: str) -> NDArray[np.uint32]:
    """A text as an item (L,)."""
    return np.array([ord(letter) for letter in text], np.uint32)


def encoded(item: Picture, file_format: str, **options: Any) -> bytes:
    """One item as a file."""
    out = io.BytesIO()
    Image.fromarray(item.squeeze(2) if item.shape[2] == 1 else item).save(out, file_format, **options)
    return out.getvalue()


def decoded(data: bytes) -> Picture:
    """The pixels (H, W, C) of a file."""
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    return pixels[..., None] if pixels.ndim == 2 else pixels


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a given name, the chain of one leaf, and its signing function."""

    root_pem: str
    chain_pem: str
    sign: Callable[[bytes], bytes]


def authority(organisation: str = "Kilnmark") -> Authority:
    """A fresh one."""
    at, root_key, leaf_key = datetime.now(UTC), new_key(), new_key()
    root = issue_root(root_key, organisation, at)
    leaf = issue_leaf(leaf_key.public_key(), organisation, root, root_key, at)
    pems = [certificate.public_bytes(Encoding.PEM).decode() for certificate in (leaf, root)]
    return Authority(pems[1], pems[0] + pems[1], partial(sign_es256, leaf_key))


def release_order(chain_pem: str, job: str = "job-7") -> dict[str, Any]:
    """The `release` mapping of docs/engine-folder.md."""
    return {
        "job": job,
        "model_version": "mv-3",
        "project": "p",
        "model_name": "digits",
        "stage": "approved",
        "producer": "Kilnmark",
        "certificates_pem": chain_pem,
        "manifest_digest": "ab" * 32,
    }
