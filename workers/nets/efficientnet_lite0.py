"""EfficientNet-Lite0, which reads pictures (Tan & Le 2019; the Lite variant: no squeeze-and-excitation, ReLU6).

Batch normalisation is folded into the convolutions: the network is only looked through, never trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES, CLASSES = 1280, 1000
STAGES = (  # repeats, kernel, stride of the first, expansion, channels in and out (table 1, without scaling)
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
NORM_EPSILON = 1e-3
Named = Callable[[str], Tensor]  # a tensor of the published weights by its name there


class Same(nn.Module):
    """A convolution whose output is ceil(size / stride): an odd padding goes to the right and the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2 if stride == 1 else 0, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            height, width = (self._missing(size) for size in x.shape[-2:])
            x = functional.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return self.conv(x)

    def _missing(self, size: int) -> int:
        return max(0, (-(-size // self.stride) - 1) * self.stride + self.kernel - size)


class Block(nn.Module):
    """Inverted residual bottleneck (Sandler et al. 2018)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = Same(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = Same(wide, wide, kernel, stride, groups=wide)
        self.project = Same(wide, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.expand(x)) if self.expand is not None else x
        made = self.project(functional.relu6(self.depthwise(wide)))
        return made + x if self.residual else made


class EfficientNetLite0(nn.Module):
    """(N, 3, H, W) to features (N, 1280); `logits` makes 1,000 ImageNet classes of those."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Same(3, 32, 3, 2)
        self.blocks = nn.Sequential(
            *(
                Block(outputs if again else inputs, outputs, kernel, 1 if again else stride, expansion)
                for repeats, kernel, stride, expansion, inputs, outputs in STAGES
                for again in range(repeats)
            )
        )
        self.head = Same(320, FEATURES, 1)
        self.classes = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(functional.relu6(self.stem(x)))
        return functional.relu6(self.head(x)).mean((2, 3))

    def logits(self, features: Tensor) -> Tensor:
        """Class scores (N, 1000) of features (N, 1280)."""
        return self.classes(features)

    @torch.no_grad()
    def adopt(self, named: Named) -> EfficientNetLite0:
        """Take the published weights."""
        for convolution, weight, norm in self._places():
            weights, bias = folded(named(f"{weight}.weight"), named, norm)
            convolution.conv.weight.copy_(weights)
            convolution.conv.bias.copy_(bias)
        self.classes.weight.copy_(named("_fc.weight"))
        self.classes.bias.copy_(named("_fc.bias"))
        return self.eval().requires_grad_(False)

    def _places(self) -> Iterator[tuple[Same, str, str]]:
        """Each convolution with the published names of its weight and its normalisation."""
        yield self.stem, "_conv_stem", "_bn0"
        for place, block in enumerate(self.blocks):
            if block.expand is not None:
                yield block.expand, f"_blocks.{place}._expand_conv", f"_blocks.{place}._bn0"
            yield block.depthwise, f"_blocks.{place}._depthwise_conv", f"_blocks.{place}._bn1"
            yield block.project, f"_blocks.{place}._project_conv", f"_blocks.{place}._bn2"
        yield self.head, "_conv_head", "_bn1"


def folded(weight: Tensor, named: Named, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of the convolution that does what convolution and batch normalisation did."""
    mean, variance, scale, shift = (
        named(f"{norm}.{part}") for part in ("running_mean", "running_var", "weight", "bias")
    )
    gain = scale / (variance + NORM_EPSILON).sqrt()
    return weight * gain[:, None, None, None], shift - mean * gain
