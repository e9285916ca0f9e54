"""Writes the dataset folder (docs/engine-folder.md): the same data gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from models_store.canonical import canonical, digest, file_digest
from workers.contracts import Spec

ITEM_BYTES = {"U8": 1, "I16": 2, "I64": 8, "F32": 4}


@dataclass(frozen=True)
class Column:
    """One array of a split: safetensors type, shape with N first, and its little-endian bytes in pieces."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    pieces: Iterable[bytes]


def write_split(path: Path, columns: list[Column]) -> None:
    """A safetensors file, streamed: the arrays are never in memory whole (huggingface/safetensors, format section)."""
    header: dict[str, Any] = {}
    start = 0
    for column in columns:
        end = start + prod(column.shape) * ITEM_BYTES[column.dtype]
        header[column.name] = {"dtype": column.dtype, "shape": list(column.shape), "data_offsets": [start, end]}
        start = end
    said = json.dumps(header, separators=(",", ":")).encode()
    said += b" " * (-len(said) % 8)
    with path.open("wb") as file:
        file.write(len(said).to_bytes(8, "little") + said)
        for column in columns:
            for piece in column.pieces:
                file.write(piece)
        written = file.tell() - 8 - len(said)
    if written != start:
        raise RuntimeError(f"{path.name}: the header says {start} bytes, the columns had {written}")


def seal(
    folder: Path,
    *,
    spec: Spec,
    params: Mapping[str, Any],
    counts: Mapping[str, int],
    profile: Mapping[str, Any],
) -> str:
    """Write dataset.json over the files already in `folder`; returns its sha256, the address of the dataset version."""
    files = {path.name: {"sha256": file_digest(path), "size": path.stat().st_size} for path in sorted(folder.iterdir())}
    said: dict[str, Any] = {
        "version": 1,
        "modality": spec.modality,
        "spec": spec.as_dict(),
        "counts": dict(counts),
        "files": files,
        "preprocess": {"modality": spec.modality, "params": dict(params)},
        "profile": dict(profile),
    }
    text = canonical(said)
    (folder / "dataset.json").write_bytes(text)
    return digest(text)
