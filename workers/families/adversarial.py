"""What adversarial families have in common: knobs, an Adam for each network, and a generator that is fed with noise.

Plain functions, called where they fit. Losses, and how often each network learns, are a family's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.optim import Adam, Optimizer

from workers.contracts import Graph, Nets, Port, Spec, Streams, knob


def noise_size(default: int, *, low: int = 1) -> Any:
    """The knob `latent_dim`."""
    return knob(
        default, low=low, high=1024, shapes=True, title="Size of the noise", title_zh="噪声维数",
        help="Numbers of noise per picture.",
        help_zh="每张图像的噪声维数。",
    )  # fmt: skip


def learning_rate(default: float, of: str, of_zh: str) -> Any:
    """The knob for one network's learning rate; `of` names the network: "generator"."""
    return knob(
        default, low=1e-6, high=1e-1, title=f"{of.capitalize()} learning rate", title_zh=f"{of_zh}学习率",
        help=f"Learning rate of the {of}.", help_zh=f"{of_zh}的学习率。",
    )  # fmt: skip


def mean_decay(default: float) -> Any:
    """The knob `beta1` (Kingma & Ba 2015, algorithm 1); 0.5 steadies the game (Radford et al. 2016, section 4)."""
    return knob(
        default, low=0.0, high=0.999, advanced=True, title_zh="一阶矩衰减（beta1）", help="Adam's decay of the mean.",
        help_zh="Adam 一阶矩衰减。",
    )  # fmt: skip


def adam_each(nets: Nets, rates: Mapping[str, float], betas: tuple[float, float]) -> dict[str, Optimizer]:
    """An Adam for each network named in `rates`, with its own learning rate."""
    return {name: Adam(nets[name].parameters(), lr, betas, fused=True) for name, lr in rates.items()}


def made_like(real: Tensor, nets: Nets, rng: Streams, latent_dim: int) -> Tensor:
    """As many made pictures as there are real ones, (B, C, H, W)."""
    return nets["generator"](rng.normal("noise", len(real), latent_dim).to(real.device))


def generator_graph(nets: Nets, spec: Spec, latent_dim: int) -> dict[str, Graph]:
    """One graph: noise in, the picture out."""
    image, noise = spec.of_kind("continuous")[0], Port("noise", "noise", (latent_dim,))
    return {"generator": Graph(nets["generator"], (noise,), (Port(image.name, "field", image.shape),))}
