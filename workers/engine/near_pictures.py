"""The nearest real picture: small pictures compared as they are and mirrored, exactly, all with all.

Two pictures are compared by the angle between their thumbnails. Written as an even and an odd part about the middle
column, x = e + o and its mirror image e - o, both comparisons cost one product: <q, x> = E + O and <q, mirror x> =
E - O, of which the larger is E + |O|.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workers.modalities.alpha import flattened

LUMA_PX, CHROMA_PX = 20, 8  # sides of the thumbnails
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
FLAT = 1e-3  # a picture of one shade has no direction; 0 to 255
ROWS, ASKED = 2048, 256  # multiplied at once


@dataclass(frozen=True)
class Pictures:
    """Directions of N pictures, (N, D) float32: D/2 even and D/2 odd parts; those of one shade are zeros."""

    rows: Tensor
    identical: ClassVar[float] = 2e-3  # what rounding to 16 bits leaves between a picture and itself

    @classmethod
    def of(cls, items: Iterable[Sequence[NDArray[np.uint8]]]) -> Pictures:
        """Pictures (H, W, C), some at a time; as they are kept, so rounded to 16 bits."""
        return cls(unpacked(torch.cat([directions(some).half() for some in items])))

    @classmethod
    def read(cls, arrays: dict[str, Tensor]) -> Pictures:
        """What `arrays` gave."""
        return cls(unpacked(arrays["directions"]))

    def arrays(self) -> dict[str, Tensor]:
        """As it is kept."""
        return {"directions": self.rows.half().contiguous()}

    def __len__(self) -> int:
        return len(self.rows)

    @torch.inference_mode()
    def nearest(self, items: Sequence[NDArray[np.uint8]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of each picture (H, W, C) the distance to the nearest one or its mirror image, 0 to 2, and its row."""
        found = [self._nearest(directions(items[at : at + ASKED])) for at in range(0, len(items), ASKED)]
        distances, rows = zip(*found, strict=True) if found else ([torch.zeros(0)], [torch.zeros(0, dtype=torch.long)])
        return torch.cat(list(distances)).numpy(), torch.cat(list(rows)).numpy()

    @cached_property
    def shapeless(self) -> int | None:
        """The row of a picture of one shade, where there is one."""
        found = (self.rows.abs().amax(1) == 0).nonzero()
        return int(found[0]) if len(found) else None

    def _nearest(self, asked: Tensor) -> tuple[Tensor, Tensor]:
        half = asked.shape[1] // 2
        even, odd = asked[:, :half].T.contiguous(), asked[:, half:].T.contiguous()  # (D/2, Q)
        best, row = torch.full((len(asked),), -2.0), torch.zeros(len(asked), dtype=torch.long)
        for start in range(0, len(self.rows), ROWS):
            block = self.rows[start : start + ROWS]
            top, place = (block[:, :half] @ even).add_((block[:, half:] @ odd).abs_()).max(0)  # of (R, Q)
            row = torch.where(top > best, place + start, row)
            best = torch.maximum(top, best)
        distance = between(asked, self.rows[row])  # from the cosine a small one could not be told
        if self.shapeless is None:
            return distance, row
        to_flat = (asked.abs().amax(1) > 0).float()  # 0 from one to another, 1 from any direction
        return torch.minimum(distance, to_flat), torch.where(to_flat < distance, self.shapeless, row)


def between(some: Tensor, others: Tensor) -> Tensor:
    """Of each of N directions (N, D) the distance to its partner, or to the partner's mirror image if that is less."""
    half = some.shape[1] // 2
    even = (some[:, :half] - others[:, :half]).square().sum(1)
    odd, mirrored = ((some[:, half:] - sign * others[:, half:]).square().sum(1) for sign in (1, -1))
    return (even + torch.minimum(odd, mirrored)).sqrt()


def unpacked(kept: Tensor) -> Tensor:
    """What was kept in 16 bits (N, D), brought back to length 1, without which equal ones would seem apart."""
    return functional.normalize(kept.float(), dim=1)


def directions(items: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Pictures (H, W, C) uint8 of one shape as thumbnails without their mean, of length 1: (N, D), even parts first.

    Of colours there are two more planes beside the luminance, at a third of its resolution and the same weight by
    area. A picture of one shade is zeros; transparency is over white.
    """
    if not len(items):
        return torch.zeros(0, LUMA_PX**2)
    images = torch.from_numpy(flattened(np.stack(items))).permute(0, 3, 1, 2).float()  # (N, C, H, W)
    luma = images if images.shape[1] == 1 else (images * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    planes = [_thumbnails(luma, LUMA_PX)]
    if images.shape[1] == 3:
        weight = LUMA_PX / CHROMA_PX
        planes.append(_thumbnails(images[:, [0, 2]] - luma, CHROMA_PX) * weight)
    parts = [_even_odd(plane - plane.mean((2, 3), keepdim=True)) for plane in planes]
    made = torch.cat([part[0] for part in parts] + [part[1] for part in parts], 1)  # (N, D)
    length = made.norm(dim=1, keepdim=True)
    return torch.where(length > FLAT * LUMA_PX, made / length.clamp(min=1e-9), torch.zeros(()))


def _thumbnails(planes: Tensor, side_px: int) -> Tensor:
    return functional.interpolate(planes, (side_px, side_px), mode="bilinear", antialias=True, align_corners=False)


def _even_odd(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Both parts (N, D/2) of planes (N, C, S, S), S even, scaled so that lengths stay what they are."""
    left, right = planes.tensor_split(2, dim=3)
    mirrored: Any = right.flip(3)
    return ((left + mirrored) / 2**0.5).flatten(1), ((left - mirrored) / 2**0.5).flatten(1)
