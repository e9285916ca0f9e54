"""Pictures, archives and array files for tests, each from a seed."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pixels(seed: int, *shape: int) -> np.ndarray:
    """Random uint8 of that shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def file_of(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """A picture as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def png(seed: int, size: tuple[int, int] = (20, 16)) -> bytes:
    """A random grey PNG, (width, height)."""
    return file_of(Image.fromarray(pixels(seed, size[1], size[0])))


def pngs(*names: str) -> dict[str, bytes]:
    """Different PNGs under these names."""
    return {name: png(seed) for seed, name in enumerate(names)}


def zip_of(path: Path, files: Mapping[str, bytes], *, packed: bool = False) -> Path:
    """A zip with these entries, in this order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, archive.compression)
    return path


def folder_of(path: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with these files."""
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def idx3(images: np.ndarray) -> bytes:
    """Pictures (N, H, W) as an idx3-ubyte file."""
    return struct.pack(">BBBB3L", 0, 0, 8, 3, *images.shape) + images.tobytes()


def idx1(labels: list[int]) -> bytes:
    """Labels as an idx1-ubyte file."""
    return struct.pack(">BBBBL", 0, 0, 8, 1, len(labels)) + bytes(labels)


def gzipped(data: bytes) -> bytes:
    """The same bytes in gzip."""
    return gzip.compress(data, mtime=0)


class Silent:
    """A reporter that keeps what it hears (contracts.Reporter)."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, str]] = []

    def progress(self, done: int, total: int, unit: str) -> None:
        self.heard.append((done, total, unit))
