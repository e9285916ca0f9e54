"""Augmentation of real pictures while a family learns from them: mirrored and moved copies (`augment`).

What is changed are the data, so a model may learn to make mirrored or moved pictures too. Augmentation that a
discriminator sees on real and made pictures alike, and that does not leak, is another thing (Zhao et al. 2020).
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from workers.contracts import Streams, knob

Augment = Literal["none", "flip", "shift", "flip_shift"]

FARTHEST = 8  # a shift moves by at most an eighth of the side


def augmentation(default: Augment = "none") -> Any:
    """The knob `augment: Augment`."""
    return knob(
        default,
        title="Augmentation",
        title_zh="数据增强",
        choices={
            "none": ("none", "不使用"),
            "flip": ("mirrored left to right", "左右镜像"),
            "shift": ("moved by up to an eighth", "平移（至多边长的八分之一）"),
            "flip_shift": ("mirrored and moved", "镜像并平移"),
        },
        help="More from few pictures: each is mirrored at random, or moved. Never mirror writing or digits.",
        help_zh="小数据集的扩充：每张图片随机镜像或平移；文字与数字切勿镜像。",
    )


def augmented(pictures: Tensor, choice: Augment, rng: Streams) -> Tensor:
    """Real pictures (B, C, H, W) with each one mirrored (p = 1/2) and moved by whole pixels, as `choice` says.

    What a move uncovers is filled with the picture's own reflection, so that no bar of a foreign colour is learned.
    Draws are one per picture, by name: a resume and a batch in parts see the very same pictures.
    """
    if choice == "none":
        return pictures
    count, _, height, width = pictures.shape
    rows, columns = torch.arange(height).expand(count, -1), torch.arange(width).expand(count, -1)  # (B, H), (B, W)
    if "shift" in choice:
        rows = _moved(rows, rng.integers("augment rows", -(height // FARTHEST), height // FARTHEST + 1, count))
        columns = _moved(columns, rng.integers("augment columns", -(width // FARTHEST), width // FARTHEST + 1, count))
    if "flip" in choice:
        mirrored = rng.uniform("augment flip", count) < 0.5  # (B,)
        columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    places = (rows[:, :, None] * width + columns[:, None, :]).flatten(1).to(pictures.device)  # (B, H * W)
    flat = pictures.flatten(2)  # (B, C, H * W)
    return flat.gather(2, places[:, None].expand_as(flat)).view_as(pictures)


def _moved(places: Tensor, by: Tensor) -> Tensor:
    """Places 0..n-1 (B, n) moved by `by` (B,) whole pixels, reflected at the edges without repeating them."""
    last = places.shape[1] - 1
    beyond = (places + by[:, None]).abs()
    return last - (last - beyond).abs()
