"""U-Net that is told time and class (Ronneberger et al. 2015; Ho et al. 2020, appendix B; Dhariwal & Nichol 2021)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUP = 16  # channels of a group at least: fewer take torch many times as long where channels come last
TIMES = 1000  # that there are
WIDEST = 2  # times the channels of the first stage that a stage has at most
HEAD = 32  # channels of an attention head
SLOWEST = 10_000.0  # the longest period of the time embedding (Vaswani et al. 2017, section 3.5)


class UNet(nn.Module):
    """Pictures (B, C, H, W), times (B,) int64 below TIMES and classes (B,) int64 to (B, C, H, W), zero when fresh.

    Class 0 says that the class is unknown; without `classes` the network takes no class at all. `patch` x `patch`
    pixels are one place of the first stage (Hoogeboom et al. 2023): height and width are multiples of it.
    A side that is odd is rounded up when it is halved, and comes back to what it was.
    """

    def __init__(
        self, channels: int, side_px: int, *, width: int, stages: int, blocks: int, attention_px: int,
        classes: int = 0, dropout: float = 0.0, patch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.told = Told(width, classes)
        self.begin = nn.Conv2d(channels, width, patch + 2, stride=patch, padding=1)
        sides = [math.ceil(side_px // patch / 2**stage) for stage in range(stages)]
        wide = [width * min(2**stage, WIDEST) for stage in range(stages)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        kept, now = [width], width
        for stage, (side, out) in enumerate(zip(sides, wide, strict=True)):
            if stage:
                self.down.append(Step(nn.Conv2d(now, now, 3, stride=2, padding=1)))
                kept.append(now)
            for _ in range(blocks):
                self.down.append(Block(now, out, 4 * width, side <= attention_px, dropout))
                kept.append(now := out)
        attends = sides[-1] <= attention_px
        self.middle = nn.ModuleList([Block(now, now, 4 * width, look, dropout) for look in (attends, False)])
        for stage in reversed(range(stages)):
            for place in range(blocks + 1):
                attends = sides[stage] <= attention_px and place < blocks
                self.up.append(Block(now + kept.pop(), wide[stage], 4 * width, attends, dropout))
                now = wide[stage]
            if stage:
                self.up.append(Step(nn.Conv2d(now, now, 3, padding=1)))
        end = zeroed(nn.Conv2d(now, channels * patch**2, 3, padding=1))
        self.end = nn.Sequential(norm(now), nn.SiLU(), end, nn.PixelShuffle(patch))

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        told = self.told(t, label)  # (B, 4 width)
        x = self.begin(x)
        kept = [x]
        for part in self.down:
            x = part(x, told)
            kept.append(x)
        for part in self.middle:
            x = part(x, told)
        for part in self.up:
            if isinstance(part, Step):
                x = part(functional.interpolate(x, size=kept[-1].shape[-2:], mode="nearest"), told)
            else:
                x = part(torch.cat([x, kept.pop()], 1), told)
        return self.end(x)


class Told(nn.Module):
    """Times (B,) and classes (B,) as one vector each, (B, 4 width)."""

    waves: Tensor

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("waves", waves(width // 2), persistent=False)
        self.time = nn.Sequential(nn.Linear(width // 2 * 2, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width))
        self.classes = nn.Embedding(classes + 1, 4 * width) if classes else None

    def forward(self, t: Tensor, label: Tensor | None) -> Tensor:
        told = self.time(self.waves[t])
        if self.classes is not None:
            told = told + self.classes(label)
        return functional.silu(told)


def waves(count: int) -> Tensor:
    """Sine and cosine of every time at `count` rates, (TIMES, 2 count) (Vaswani et al. 2017, section 3.5).

    They are looked up, not computed: a runtime that does so in half precision takes 999 for 1000.
    """
    rates = SLOWEST ** (-torch.arange(count, dtype=torch.float64) / count)
    angles = torch.arange(TIMES, dtype=torch.float64)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1).float()


class Step(nn.Module):
    """A convolution between two stages, told nothing."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        return self.conv(x)


class Block(nn.Module):
    """A residual block that scales and shifts by what it is told, and, where it attends, attention after it."""

    def __init__(self, channels: int, out: int, told: int, attends: bool, dropout: float) -> None:
        super().__init__()
        self.first = nn.Sequential(norm(channels), nn.SiLU(), nn.Conv2d(channels, out, 3, padding=1))
        self.scale_shift = nn.Linear(told, 2 * out)
        self.norm = norm(out)
        self.second = nn.Sequential(nn.SiLU(), nn.Dropout(dropout), zeroed(nn.Conv2d(out, out, 3, padding=1)))
        self.past = nn.Conv2d(channels, out, 1) if channels != out else nn.Identity()
        self.attention = Attention(out) if attends else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.scale_shift(told)[:, :, None, None].chunk(2, 1)  # (B, out, 1, 1)
        inner = self.norm(self.first(x)) * (1 + scale) + shift
        return self.attention(self.past(x) + self.second(inner))


class Attention(nn.Module):
    """Every place looks at every other one (Vaswani et al. 2017, eq. 1), (B, C, H, W) to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // HEAD)
        self.norm = norm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = zeroed(nn.Linear(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        channels, height, width = x.shape[1:]
        places = self.norm(x).flatten(2).transpose(1, 2)  # (B, HW, C)
        three = self.qkv(places).unflatten(2, (3, self.heads, channels // self.heads)).permute(2, 0, 3, 1, 4)
        query, key, value = three  # (B, heads, HW, C / heads)
        alike = (query * query.shape[-1] ** -0.5) @ key.mT  # torch's fused attention learns 9 times slower here
        seen = (alike.softmax(-1) @ value).transpose(1, 2).flatten(2)  # (B, HW, C)
        seen = self.out(seen).transpose(1, 2)  # (B, C, HW)
        return x + seen.unflatten(2, (height, width))


def norm(channels: int) -> nn.GroupNorm:
    """GroupNorm (Wu & He 2018) of groups of GROUP channels or more, all of one size."""
    groups = next(groups for groups in range(max(1, channels // GROUP), 0, -1) if channels % groups == 0)
    return nn.GroupNorm(groups, channels)


def zeroed(layer: nn.Conv2d | nn.Linear) -> nn.Module:
    """The layer with weights of zero, so that a fresh block passes on what came in (Dhariwal & Nichol 2021)."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
