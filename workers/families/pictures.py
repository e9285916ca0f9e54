"""What families of pictures have in common: the inputs they take, the pictures of a batch, what they refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from models_store.errors import InvalidInput
from workers.contracts import PARENT, Fields, Role, Spec

PICTURES = Role(takes="dataset_version", modalities=("image",))
ROLES: Mapping[str, Role] = {"data": PICTURES, "parent": PARENT}  # of a family that can go on from a model


def pictures(batch: Fields) -> Tensor:
    """The pictures of a batch, (B, C, H, W), whatever their field is called."""
    return next(value for value in batch.values() if value.dim() == 4)


def class_of_each(batch: Fields) -> Tensor:
    """The class of each picture, (B,) int64; of data without any, the one that all are of, 0."""
    real = pictures(batch)
    if "condition" in batch:
        return batch["condition"].long()
    return torch.zeros(len(real), dtype=torch.int64, device=real.device)


def squares(sizes_px: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """`item_shapes` of a family that learns square pictures of these sizes: grey, RGB or RGBA."""
    return tuple((channels, size_px, size_px) for channels in (1, 3, 4) for size_px in sizes_px)


def check_square(family: Any, spec: Spec) -> None:
    """One picture per item, of a shape among the family's `item_shapes` (squares)."""
    image = spec.of_kind("continuous")
    if (image[0].shape if len(image) == 1 else ()) not in family.item_shapes:
        sizes_px = sorted({shape[-1] for shape in family.item_shapes})
        expected = f"one picture of 1, 3 or 4 channels, size one of {sizes_px} px"
        raise unfit(f"{family.name} learns square pictures of a power-of-two size.", spec, expected=expected)


def unfit(detail: str, spec: Spec, *, expected: str) -> InvalidInput:
    """What a family says to data that it cannot learn, with the pictures that they have."""
    got = [{"name": part.name, "shape": list(part.shape)} for part in spec.of_kind("continuous")]
    return InvalidInput(detail, field="data", expected=expected, got=got)
