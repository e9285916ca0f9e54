"""What a model learned from, as it is searched for near copies: made at the end of a training, kept privately.

The index is derived from the data and shows them: small pictures can be drawn from it. It is never part of a bundle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from models_store.canonical import file_digest
from models_store.errors import IntegrityFailure
from workers.contracts import Items, Spec
from workers.engine import near_threshold
from workers.engine.near_pictures import Pictures
from workers.engine.near_texts import Texts
from workers.engine.near_threshold import Threshold
from workers.engine.plain_json import text
from workers.engine.streams import generator

KINDS: dict[str, Any] = {"image": Pictures, "text": Texts}  # by modality; others have none
MOST, MOST_UNSEEN = 100_000, 5_000  # items that are looked through (1.6 kB each in memory), and that give the threshold
PIECE = 1024
KEPT = 2  # indices that a warm process remembers

_kept: dict[str, NearIndex] = {}


@dataclass(frozen=True)
class NearIndex:
    """Items to find near copies of, `covers` of `of` that were learned from, and the threshold for what is near.

    `rows` are the rows of the training data that they are, (N,) int64, None where they are all of them in order.
    """

    search: Any  # Pictures or Texts
    threshold: Threshold
    modality: str
    covers: int
    of: int
    rows: Any = None

    @classmethod
    def build(cls, modality: Any, spec: Spec, train: Items, unseen: Items) -> NearIndex | None:
        """From the split that is learned from and the one that is not; None for a modality that has no such search.

        Of more than MOST items it is a choice, the same each time.
        """
        if modality.name not in KINDS or not len(train):
            return None
        rows = chosen(len(train), MOST)
        search = KINDS[modality.name].of(items_of(train, rows, modality, spec))
        others = items_of(unseen, chosen(len(unseen), MOST_UNSEEN), modality, spec)
        apart = [search.nearest(part)[0] for part in others]
        known = near_threshold.learned(np.concatenate([np.zeros(0), *apart]), search.identical)
        return cls(
            search, known, modality.name, len(rows), len(train), rows.numpy() if len(rows) < len(train) else None
        )

    def nearest(self, items: Sequence[Any]) -> tuple[Any, Any, Any]:
        """Of each item its distance, whether it is a near copy, and the row of the training data it is nearest to."""
        distances, rows = self.search.nearest(items)
        return distances, self.threshold.near(distances), rows if self.rows is None else self.rows[rows]

    @property
    def says(self) -> dict[str, Any]:
        """What may be told of it: nothing of the data."""
        return {"modality": self.modality, "covers": self.covers, "of": self.of, "threshold": self.threshold.as_dict()}

    def write(self, file: Path) -> dict[str, Any]:
        """Keep it as a safetensors file; returns what it says, which stands in the file too."""
        arrays = self.search.arrays() | ({} if self.rows is None else {"chosen": torch.from_numpy(self.rows)})
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(arrays, file, metadata={"near": text({"version": 1} | self.says, sort_keys=True)})
        return self.says

    @classmethod
    def read(cls, file: Path) -> NearIndex:
        """What `write` wrote; IntegrityFailure where it is nothing of the kind."""
        try:
            with safe_open(file, "pt") as opened:
                said = json.loads((opened.metadata() or {})["near"])
                arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
            known, rows = Threshold(**said["threshold"]), arrays.pop("chosen", None)
            search = KINDS[said["modality"]].read(arrays)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise IntegrityFailure("The near-copy index cannot be read.", field="near") from error
        kept = rows.numpy() if rows is not None else None
        return cls(search, known, said["modality"], said["covers"], said["of"], kept)


def opened(said: dict[str, Any] | None) -> NearIndex | None:
    """The index that an order names by path and sha256, remembered by its digest; None where it names none.

    Raises IntegrityFailure where the file is not the one that was kept.
    """
    if not said:
        return None
    if said["sha256"] not in _kept:
        found = file_digest(Path(said["path"]))
        if found != said["sha256"]:
            raise IntegrityFailure(field="near", expected=said["sha256"], got=found)
        while len(_kept) >= KEPT:
            del _kept[next(iter(_kept))]
        _kept[said["sha256"]] = NearIndex.read(Path(said["path"]))
    return _kept[said["sha256"]]


def chosen(count: int, most: int) -> torch.Tensor:
    """All rows of `count`, or a choice of `most` of them in order, the same each time, (n,)."""
    if count <= most:
        return torch.arange(count)
    return torch.randperm(count, generator=generator(count, 0, "near index"))[:most].sort().values


def items_of(split: Items, rows: torch.Tensor, modality: Any, spec: Spec) -> Iterator[list[Any]]:
    """These items as they would be released, some at a time."""
    for part in rows.split(PIECE):
        yield modality.decode(split.fields(part), spec)
