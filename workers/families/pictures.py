"""What families of pictures have in common: the inputs they take, the pictures of a batch, what they refuse."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from models_store.errors import InvalidInput
from workers.contracts import PARENT, Fields, Role, Spec

PICTURES = Role(takes="dataset_version", modalities=("image",))
ROLES: Mapping[str, Role] = {"data": PICTURES, "parent": PARENT}  # of a family that can go on from a model


def pictures(batch: Fields) -> Tensor:
    """The pictures of a batch, (B, C, H, W), whatever their field is called."""
    return next(value for value in batch.values() if value.dim() == 4)


def unfit(detail: str, spec: Spec, *, expected: str) -> InvalidInput:
    """What a family says to data that it cannot learn, with the pictures that they have."""
    got = [{"name": part.name, "shape": list(part.shape)} for part in spec.of_kind("continuous")]
    return InvalidInput(detail, field="data", expected=expected, got=got)
