"""How unusual the items of a data set are to a model, one by one: figures from where each differs, and a threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Fields, Inspects
from workers.engine.bundle import Bundle
from workers.engine.dataset_files import DatasetFolder
from workers.engine.plain_json import NotFinite

BATCH = 32  # every call has as many, so that an item's figures do not depend on what is beside it
PATCH = 16  # a patch, whose mean is looked at for a peak, has so many of a side
OWN = ("map",)


class CannotInspect(InvalidInput):
    """Models of this family cannot say how unusual an item is."""

    code = "cannot_inspect"


@dataclass
class Inspected:
    """Items of a data set in their order, with their figures, each (N,)."""

    splits: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)  # "" where the data have none
    figures: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def of_class(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items are of one of these classes, (N,)."""
        return np.isin(np.array(self.classes, dtype=object), list(names))


def inspect(
    attempt: Attempt, bundle: Bundle, data: DatasetFolder, splits: Sequence[str], done: int, total: int
) -> Inspected:
    """The figures of all items of these splits; `done` of `total` items were looked at before."""
    found, parts = Inspected(), dict[str, list[Tensor]]()
    names = data.spec.classes
    for split in splits:
        raw = data.split(split)
        count = len(next(iter(raw.values())))
        for rows, fields in _batches(raw, data):
            attempt.leave_if_asked(done)
            for name, values in figures_of(bundle, fields).items():
                _check_finite(name, values[: len(rows)], split, rows)
                parts.setdefault(name, []).append(values[: len(rows)])
            done += len(rows)
            attempt.report.progress(done, total, "items")
        found.splits += [split] * count
        found.rows += range(count)
        found.classes += [names[int(one)] for one in raw["condition"]] if names else [""] * count
    found.figures = {name: torch.cat(values).double().numpy() for name, values in parts.items()}
    return found


def _check_finite(name: str, values: Tensor, split: str, rows: range) -> None:
    if len(bad := (~values.isfinite()).nonzero()):
        place = int(bad[0])
        raise NotFinite(
            "The model gives figures that are no numbers (NaN or infinite): it is broken. Take another version of it.",
            field="inputs.model", expected="a finite number",
            got=f"{float(values[place])}: {name} of {split} item {rows[place]}",
        )  # fmt: skip


def figures_of(bundle: Bundle, item: Fields) -> dict[str, Tensor]:
    """`mean` of the map, `peak` of the means of its patches, and the family's own figures, each (B,)."""
    said = _anomaly(bundle, item)
    own = {name: values.float() for name, values in said.items() if name not in OWN}
    return {"mean": said["map"].float().flatten(1).mean(1), "peak": patches(said["map"]).flatten(1).amax(1)} | own


def patches(map_: Tensor) -> Tensor:
    """Means over a patch around each place of a map (B, H, W), of PATCH in a side and at least 3 px."""
    wide = max(3, min(map_.shape[1:]) // PATCH // 2 * 2 + 1)
    return avg_pool2d(map_.float()[:, None], wide, 1, wide // 2, count_include_pad=False)[:, 0]


def maps_of(bundle: Bundle, data: DatasetFolder, found: Inspected, places: Sequence[int]) -> tuple[Fields, Tensor]:
    """The items at these places as fields (n, *shape), and the maps of what is unusual in them, (n, H, W)."""
    raws = {split: data.split(split) for split in dict.fromkeys(found.splits[place] for place in places)}
    items, maps = [], []
    for place in places:
        raw, row = raws[found.splits[place]], found.rows[place]
        ((_, fields),) = _batches({name: value[row : row + 1] for name, value in raw.items()}, data)
        items.append({name: value[:1] for name, value in fields.items()})
        maps.append(patches(_anomaly(bundle, fields)["map"][:1]))
    return {name: torch.cat([one[name] for one in items]) for name in items[0]}, torch.cat(maps)


def _anomaly(bundle: Bundle, item: Fields) -> Fields:
    family = bundle.family()
    if not isinstance(family, Inspects):
        raise CannotInspect(field="inputs.model", expected="a model that inspects", got=family.name)
    with torch.inference_mode():
        return family.anomaly(bundle.call, item)


def _batches(raw: dict[str, Tensor], data: DatasetFolder) -> Iterator[tuple[range, Fields]]:
    """The continuous field of the items, BATCH at a time: the last one is filled up with its last item."""
    modality, name = data.modality(), data.spec.of_kind("continuous")[0].name
    count = len(next(iter(raw.values())))
    for start in range(0, count, BATCH):
        rows = range(start, min(start + BATCH, count))
        chosen = torch.arange(start, start + BATCH).clamp_max(count - 1)
        yield rows, {name: modality.encode({key: part[chosen] for key, part in raw.items()})[name]}


def threshold(scores: NDArray[np.float64], quantile: float) -> float:
    """The score that a further normal item exceeds with a chance of at most 1 - `quantile`.

    It is the ceil((n + 1) quantile)-th smallest of n unseen normal ones (Vovk et al. 2005: conformal), or the largest
    where they are too few for that.
    """
    place = min(len(scores), math.ceil((len(scores) + 1) * quantile - 1e-9))
    return float(np.sort(scores)[place - 1])


def too_few(count: int, quantile: float) -> bool:
    """Whether so many items cannot hold the quantile: the largest of them is passed more often."""
    return math.ceil((count + 1) * quantile - 1e-9) > count


def plain(value: Any) -> float:
    """A figure as it stands in a file: eight digits."""
    return float(f"{float(value):.8g}")
