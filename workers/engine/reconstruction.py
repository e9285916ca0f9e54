"""How well a model brings back items that it has not seen: figures and a picture, through its exported graphs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Fields, Figure, Reconstructs
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.metrics.resampling import mean
from workers.metrics.similarity import ssim

NAME = "reconstruction_psnr"
BATCH = 32
SEED = 1  # of the intervals
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
    """PSNR (dB), mean squared error and, of pictures, SSIM over the holdout as it is stored; and the picture's file.

    Intervals are by item. The peak is 255 where values are bytes, and else the span of the data. The picture shows
    originals, each above what came back of it.
    """
    modality, spec, name = data.modality(), data.spec, data.spec.of_kind("continuous")[0].name
    raw, errors, alike, firsts = data.split("holdout"), list[Tensor](), list[Tensor](), list[Any]()
    real = raw[name].numpy()  # (N, *shape)
    peak = 255.0 if real.dtype == np.uint8 else float(real.max() - real.min())
    for start, fields in _reconstructed(attempt, bundle, data, name):
        items = modality.decode(fields, spec)
        again = modality.stored(items, spec)[name]  # (B, *shape)
        was, now = (
            torch.from_numpy(side.astype(np.float64)).flatten(1) for side in (real[start : start + len(items)], again)
        )
        errors.append((now - was).square().mean(1))
        if is_picture(real) and peak:
            alike.append(ssim(now.view(again.shape), was.view(again.shape), peak))
        firsts += items[: max(0, WIDEST**2 // 2 - len(firsts))]
    before = modality.decode(modality.encode({key: part[: len(firsts)] for key, part in raw.items()}), spec)
    file = "out/reconstructions.png"
    (attempt.folder / "out").mkdir(exist_ok=True)
    modality.sheet(above(before, firsts), Path(attempt.folder / file))
    return figures(torch.cat(errors), torch.cat(alike) if alike else None, peak), file


def figures(errors: Tensor, alike: Tensor | None, peak: float) -> dict[str, Figure]:
    """The figures of squared errors (N,) and likenesses (N,), with intervals over the items."""
    mse = mean(errors, SEED)
    low, high = (psnr_db(side or 0.0, peak) for side in (mse.high, mse.low))
    found = {NAME: Figure(psnr_db(mse.value, peak), mse.n, "dB", low, high), "reconstruction_mse": mse}
    return found | ({} if alike is None else {"reconstruction_ssim": mean(alike, SEED)})


def psnr_db(mse: float, peak: float) -> float:
    """10 log10(peak^2 / mse), HIGHEST_DB at most."""
    return min(HIGHEST_DB, 10 * math.log10(peak**2 / mse)) if mse and peak else HIGHEST_DB


def is_picture(stored: np.ndarray) -> bool:
    """Whether items (N, C, H, W) can be compared as pictures."""
    return stored.ndim == 4 and min(stored.shape[2:]) >= 3


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
