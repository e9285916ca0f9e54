"""A picture of the most unusual items: each as it is, as the model brings it back, and where the two differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from workers.contracts import Reconstructs
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.engine.inspection import Inspected, maps_of, plain

FILE = "out/unusual.png"
SHOWN = (27, 12, 3)  # groups of three that fill a square sheet
FAINT = 0.6  # how much of a picture is seen below its map


def draw(bundle: Bundle, data: DatasetFolder, found: Inspected, places: Sequence[int], by: str, folder: Path) -> str:
    """The items at `places`, most unusual first, with their scores below; the file in the attempt `folder`."""
    place = folder / FILE
    place.parent.mkdir(exist_ok=True)
    fields, maps = maps_of(bundle, data, found, places)
    modality, spec, family = data.modality(), data.spec, bundle.family()
    originals = modality.decode(fields, spec)
    again: list[Any] = originals
    if isinstance(family, Reconstructs):
        with torch.inference_mode():
            again = modality.decode(family.reconstruct(bundle.call, fields), spec)
    hot = float(maps.max()) or 1.0
    cells, labels = list[Any](), list[str]()
    for at, original, back, map_ in zip(places, originals, again, maps, strict=True):
        cells += [original, back, heated(original, (map_ / hot).numpy())]
        labels += [f"{plain(found.figures[by][at]):.3g}", found.classes[at], ""]
    blank = np.full_like(heated(originals[0], maps[0].numpy()), 255)
    cells += [blank] * (3 * fitting(len(places)) - len(cells))
    modality.sheet(cells, place, labels)
    return FILE


def fitting(count: int) -> int:
    """The fewest groups of three that fill a square and hold so many."""
    return next((groups for groups in reversed(SHOWN) if groups >= count), SHOWN[0])


def heated(picture: NDArray[np.uint8], share: NDArray[Any]) -> NDArray[np.uint8]:
    """A picture (H, W, C) in grey, (H, W, 3), red where `share` (H, W) of 0 to 1 is high."""
    light = picture[:, :, : 3 if picture.shape[2] >= 3 else 1].mean(2)
    share = np.clip(share, 0, 1)
    below = light * FAINT * (1 - share)
    return np.stack([np.maximum(below, 255 * share), below, below], 2).round().astype(np.uint8)
