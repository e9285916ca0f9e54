"""The networks of StyleGAN2 (Karras et al. 2020b, section 2 and appendix B): mapping, skip generator, residual critic.

A modulated convolution scales inputs and outputs instead of building other weights for each item (their section 2.2
says that both are the same): the graph has one weight for all, and its batch is free.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, embedding, interpolate, normalize

from workers.nets.equalised import GAIN, EqualConv, EqualLinear, rectified

SMALLEST_PX = 4  # the picture starts as 4 x 4 and doubles
GROUP = 4  # items whose spread the critic sees (Karras et al. 2018, section 3)
MAPPING_PACE = 0.1  # of the learning rate; with 0.01 (Karras et al. 2019, appendix C) short trainings hardly begin
SEEN_FOR_MEAN = 512  # codes of a class that its mean style is taken over
EPSILON = 1e-8


def channels_per_size(size_px: int, width: int) -> dict[int, int]:
    """Channels at 4, 8, ..., `size_px` pixels: `width` at the largest, doubling downwards, at most 8 * width."""
    sizes = [SMALLEST_PX << stage for stage in range((size_px // SMALLEST_PX).bit_length())]
    return {px: width * min(8, size_px // px) for px in sizes}


class Mapping(nn.Module):
    """Codes (B, latent_dim) and classes (B,) int64 to styles (B, latent_dim) (Karras et al. 2019, section 2)."""

    def __init__(self, latent_dim: int, layers: int, classes: int) -> None:
        super().__init__()
        self.known = nn.Parameter(torch.randn(classes, latent_dim)) if classes > 1 else None
        first = latent_dim * (1 if self.known is None else 2)
        widths = [first, *(latent_dim for _ in range(layers))]
        self.layers = nn.ModuleList(
            EqualLinear(low, high, pace=MAPPING_PACE, gain=GAIN) for low, high in pairwise(widths)
        )

    def forward(self, code: Tensor, label: Tensor) -> Tensor:
        x = even(code)
        if self.known is not None:
            x = torch.cat((x, even(embedding(label, self.known))), 1)
        for layer in self.layers:
            x = rectified(layer(x))
        return x


def even(code: Tensor) -> Tensor:
    """Every code (B, n) at the length that a normal one has on average, sqrt(n)."""
    return normalize(code, dim=1) * code.shape[1] ** 0.5


class ModulatedConv(nn.Module):
    """A convolution under a style (eq. 1 and 3): (B, C, S, S) and (B, style) to (B, C', S, S), or twice the size."""

    def __init__(
        self, inputs: int, outputs: int, size: int, style: int, *, doubles: bool = False, even: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.style = EqualLinear(style, inputs, bias=1.0)
        self.scale, self.doubles, self.even = (inputs * size**2) ** -0.5, doubles, even

    def forward(self, x: Tensor, style: Tensor, bias: Tensor | None = None, gain: float = 1.0) -> Tensor:
        """The bias (C',) and a gain are taken along where outputs are scaled, in one pass over them."""
        scales = self.style(style)  # (B, C); s of eq. 1
        weight = self.weight * self.scale
        x = conv2d(x * scales[:, :, None, None].to(x.dtype), weight, padding=weight.shape[-1] // 2)
        if self.even:  # eq. 3: each output channel at unit size, were the inputs so
            power = scales.float().square() @ weight.float().square().sum((2, 3)).T  # (B, C')
            shrink = ((power + EPSILON).rsqrt() * gain)[:, :, None, None].to(x.dtype)
            x = x * shrink if bias is None else torch.addcmul(bias[:, None, None].to(x.dtype), x, shrink)
        return doubled(x) if self.doubles else x


def doubled(x: Tensor) -> Tensor:
    """A picture of twice the size; between pixels it is linear, which is the filter [1, 3, 3, 1] of the paper."""
    return interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Layer(nn.Module):
    """A modulated convolution, noise for each pixel, bias and rectifier (figure 2 c)."""

    def __init__(self, inputs: int, outputs: int, style: int, *, doubles: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style, doubles=doubles)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, style: Tensor, grain: Tensor) -> Tensor:
        """`grain` is (B or 1, S * S) at the size that comes out."""
        x = self.conv(x, style, self.bias, GAIN)
        grain = grain.unflatten(1, (1, x.shape[2], x.shape[3])) * self.strength
        return rectified(x + grain.to(x.dtype))


class Synthesis(nn.Module):
    """Styles for each layer (B, layers, style) and noise for each pixel (B or 1, grain) to pictures (B, C, S, S)."""

    def __init__(self, size_px: int, channels: int, width: int, style: int) -> None:
        super().__init__()
        stages = channels_per_size(size_px, width)
        wide = stages[SMALLEST_PX]
        self.start = nn.Parameter(torch.randn(1, wide, SMALLEST_PX, SMALLEST_PX))
        convs, paints, sizes = [Layer(wide, wide, style)], [ModulatedConv(wide, channels, 1, style, even=False)], [4]
        for (_, low), (px, high) in pairwise(stages.items()):
            convs += [Layer(low, high, style, doubles=True), Layer(high, high, style)]
            paints += [ModulatedConv(high, channels, 1, style, even=False)]
            sizes += [px, px]
        self.convs, self.paints = nn.ModuleList(convs), nn.ModuleList(paints)
        self.background = nn.Parameter(torch.zeros(channels))
        self.grains = [px * px for px in sizes]  # numbers of noise of each convolution
        self.layers = len(convs) + 1

    def forward(self, styles: Tensor, grain: Tensor) -> Tensor:
        parts = grain.split(self.grains, 1)
        style = styles.unbind(1)
        x = self.convs[0](self.start.expand(styles.shape[0], -1, -1, -1), style[0], parts[0])
        image = self.paints[0](x, style[1]).float()
        for stage, paint in enumerate(self.paints[1:], start=1):
            place = 2 * stage - 1
            x = self.convs[place](x, style[place], parts[place])
            x = self.convs[place + 1](x, style[place + 1], parts[place + 1])
            image = doubled(image) + paint(x, style[place + 2]).float()
        return image + self.background[:, None, None]


class Generator(nn.Module):
    """Mapping and synthesis. `grain`, the noise of every pixel, is told each time or, where it is fixed, kept."""

    def __init__(
        self, size_px: int, channels: int, *, width: int, latent_dim: int, layers: int, classes: int, fixed: bool
    ) -> None:
        super().__init__()
        self.latent_dim, self.classes = latent_dim, max(1, classes)
        self.mapping = Mapping(latent_dim, layers, classes)
        self.synthesis = Synthesis(size_px, channels, width, latent_dim)
        self.grain: Tensor | None
        self.register_buffer("grain", torch.randn(1, self.grain_size) if fixed else None)

    @property
    def grain_size(self) -> int:
        """Numbers of noise for the pixels of all convolutions."""
        return sum(self.synthesis.grains)

    def styles(self, code: Tensor, label: Tensor, other: Tensor | None = None, cut: Tensor | None = None) -> Tensor:
        """A style for each layer, (B, layers, style); from layer `cut` (B,) on that of the code `other`, if any."""
        style = self.mapping(code, label)[:, None]
        places = torch.arange(self.synthesis.layers, device=code.device)[None, :, None]
        if other is None or cut is None:
            return style.expand(-1, len(places[0]), -1)
        return torch.where(places < cut[:, None, None], style, self.mapping(other, label)[:, None])

    @torch.no_grad()
    def mean_styles(self) -> Tensor:
        """The mean style of each class, (classes, style), over the same codes each time."""
        draws = torch.Generator().manual_seed(0)
        codes = torch.randn(SEEN_FOR_MEAN, self.latent_dim, generator=draws).to(self.synthesis.start.device)
        labels = torch.arange(self.classes, device=codes.device)[:, None].expand(-1, len(codes))
        return torch.stack([self.mapping(codes, label).mean(0) for label in labels])

    def forward(self, code: Tensor, label: Tensor, grain: Tensor | None = None) -> Tensor:
        return self.synthesis(self.styles(code, label), self.grain if grain is None else grain)


class TruncatedGenerator(nn.Module):
    """What is exported: styles drawn towards the mean of their class (Karras et al. 2019, appendix B).

    `critic` is not run, only kept with the weights, so that a fine-tuning has an opponent that knows the game.
    """

    def __init__(self, net: Generator, critic: nn.Module) -> None:
        super().__init__()
        self.net, self.critic = net, critic
        self.means: Tensor
        self.register_buffer("means", net.mean_styles())
        self.train(net.training)

    def forward(self, code: Tensor, truncation: Tensor, label: Tensor, grain: Tensor | None = None) -> Tensor:
        """Pictures (B, C, S, S); `truncation` (B,) is 1 for all that was learned, 0 for the mean alone."""
        mean = embedding(label, self.means)[:, None]  # (B, 1, style)
        styles = mean + (self.net.styles(code, label) - mean) * truncation[:, None, None]
        return self.net.synthesis(styles, self.net.grain if grain is None else grain)


class ResidualBlock(nn.Module):
    """Halves a picture (figure 7 c of the paper: residual critic), (B, C, S, S) to (B, C', S / 2, S / 2).

    The sum of both ways is kept at the size of one by the gains, each less by GAIN than it would be alone.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.same = EqualConv(inputs, inputs, 3)
        self.halve = EqualConv(inputs, outputs, 3, halves=True, gain=1.0)
        self.skip = EqualConv(inputs, outputs, 1, bias=False, gain=1 / GAIN)

    def forward(self, x: Tensor) -> Tensor:
        seen = rectified(self.halve(rectified(self.same(x))))
        return seen + self.skip(avg_pool2d(x, 2))


class Discriminator(nn.Module):
    """Pictures (B, C, S, S) and classes (B,) int64 to the logit (B,) of being real.

    Classes are asked for by projection (Miyato & Koyama 2018, eq. 3). Show it real and made pictures in separate
    batches: it looks at the spread of each.
    """

    def __init__(self, size_px: int, channels: int, *, width: int, classes: int) -> None:
        super().__init__()
        stages = list(reversed(channels_per_size(size_px, width).values()))
        self.look = EqualConv(channels, stages[0], 1)
        self.blocks = nn.ModuleList(ResidualBlock(narrow, wide) for narrow, wide in pairwise(stages))
        self.last = EqualConv(stages[-1] + 1, stages[-1], 3)
        self.sum_up = EqualLinear(stages[-1] * SMALLEST_PX**2, stages[-1], gain=GAIN)
        self.judge = EqualLinear(stages[-1], 1)
        self.known = nn.Parameter(torch.randn(classes, stages[-1])) if classes > 1 else None

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        x = rectified(self.look(image))
        for block in self.blocks:
            x = block(x)
        x = rectified(self.last(torch.cat((x, spread(x)), 1)))
        seen = rectified(self.sum_up(x.flatten(1))).float()  # (B, wide)
        verdict = self.judge(seen).float().squeeze(1)
        if self.known is None:
            return verdict
        return verdict + (seen * embedding(label, self.known)).sum(1) / seen.shape[1] ** 0.5


def spread(x: Tensor) -> Tensor:
    """How much the items of a group differ, one number for each item as a channel: (B, C, S, S) to (B, 1, S, S).

    The standard deviation over a group, averaged over channels and pixels (Karras et al. 2018, section 3). Groups are
    of GROUP items, or of fewer that divide the batch, or all of it.
    """
    size = next((size for size in range(min(GROUP, len(x)), 1, -1) if len(x) % size == 0), len(x))
    grouped = x.float().unflatten(0, (size, -1))  # (G, B / G, C, S, S)
    variance = (grouped - grouped.mean(0)).square().mean(0)
    deviation = (variance + EPSILON).sqrt().mean((1, 2, 3))  # (B / G,)
    return deviation.repeat(size)[:, None, None, None].expand(-1, 1, *x.shape[2:]).to(x.dtype)
