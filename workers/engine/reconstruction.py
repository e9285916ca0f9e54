"""How well a model brings back items that it has not seen: figures and a picture, through its exported graphs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Fields, Figure, Reconstructs
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder

NAME = "reconstruction_psnr"
BATCH = 32
WIDEST = 8  # items in a row of the picture
HIGHEST_DB = 100.0  # said of what comes back without a difference, whose ratio has no end


def wanted(names: list[str], bundle: Bundle, data: DatasetFolder) -> bool:
    """Whether to measure it: it was asked for, or nothing in particular was. InvalidInput where it cannot be had."""
    able = isinstance(bundle.family(), Reconstructs) and len(data.spec.of_kind("continuous")) == 1
    if NAME in names and not able:
        raise InvalidInput(
            f"{bundle.family().name} brings no item back from what it remembers.", field="params.metrics",
            expected="a model that reconstructs", got=NAME,
        )  # fmt: skip
    return able and (not names or NAME in names)


def measure(attempt: Attempt, bundle: Bundle, data: DatasetFolder) -> tuple[dict[str, Figure], str]:
    """Peak signal-to-noise ratio (dB) over all values of the holdout as they are stored, and the picture's file.

    The peak is 255 where values are bytes, and else the span of the data. The picture shows originals, each above
    what came back of it.
    """
    modality, spec, name = data.modality(), data.spec, data.spec.of_kind("continuous")[0].name
    raw, squares, values, firsts = data.split("holdout"), 0.0, 0, list[Any]()
    real = raw[name].numpy()  # (N, *shape)
    for start, fields in _reconstructed(attempt, bundle, data, name):
        items = modality.decode(fields, spec)
        again = modality.stored(items, spec)[name]  # (B, *shape)
        squares += float(np.square(again.astype(np.float64) - real[start : start + len(items)]).sum())
        values += again.size
        firsts += items[: max(0, WIDEST**2 // 2 - len(firsts))]
    peak = 255.0 if real.dtype == np.uint8 else float(real.max() - real.min())
    mse = squares / values
    psnr_db = 10 * math.log10(peak**2 / mse) if mse and peak else HIGHEST_DB
    before = modality.decode(modality.encode({key: part[: len(firsts)] for key, part in raw.items()}), spec)
    file = "out/reconstructions.png"
    (attempt.folder / "out").mkdir(exist_ok=True)
    modality.sheet(above(before, firsts), Path(attempt.folder / file))
    return {NAME: Figure(min(HIGHEST_DB, psnr_db), len(real), "dB")}, file


def _reconstructed(attempt: Attempt, bundle: Bundle, data: DatasetFolder, name: str) -> Iterator[tuple[int, Fields]]:
    raw, modality, family = data.split("holdout"), data.modality(), bundle.family()
    for start in range(0, len(next(iter(raw.values()))), BATCH):
        attempt.leave_if_asked(start)
        fields = modality.encode({key: part[start : start + BATCH] for key, part in raw.items()})
        with torch.inference_mode():
            yield start, family.reconstruct(bundle.call, {name: fields[name]})


def above(originals: list[Any], again: list[Any]) -> list[Any]:
    """Rows of originals, each followed by its row of what came back: 2 w^2 pairs fill a square of 2 w columns.

    Of a single item both stand in one row.
    """
    half = next(w for w in range(WIDEST // 2, 0, -1) if 2 * w * w <= len(originals) or w == 1)
    wide, shown = 2 * half, min(2 * half * half, len(originals))
    rows = range(0, shown, wide)
    return [item for row in rows for side in (originals, again) for item in side[row : min(row + wide, shown)]]
