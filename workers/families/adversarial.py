"""What adversarial families have in common: knobs, an Adam for each network, and a generator that is fed with noise.

Plain functions, called where they fit. Losses, and how often each network learns, are a family's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from torch import Tensor
from torch.nn.functional import softplus
from torch.optim import Adam, Optimizer

from workers.contracts import Graph, Nets, Port, Spec, Streams, knob
from workers.nets.kept_together import KeptTogether

Loss = Literal["hinge", "non_saturating"]
LOSSES: Mapping[Loss, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    # what a discriminator loses by a verdict (B,) on a real picture, and what a generator by one on a made picture;
    # on a made one a discriminator loses by the verdict's negative what it loses on a real one
    "hinge": (lambda verdict: (1 - verdict).relu(), lambda verdict: -verdict),  # Lim & Ye 2017
    "non_saturating": (lambda verdict: softplus(-verdict), lambda verdict: softplus(-verdict)),  # Goodfellow et al.
}


def adversarial_loss(default: Loss) -> Any:
    """The knob `loss`."""
    return knob(
        default, title_zh="损失函数", advanced=True,
        choices={"hinge": ("hinge", "合页（hinge）"), "non_saturating": ("non-saturating", "非饱和（non-saturating）")},
        help="hinge: a verdict that is sure enough teaches no more. non-saturating: the first GAN's, with logarithms.",
        help_zh="合页：判断足够明确后不再学习；非饱和：最初 GAN 的对数损失。",
    )  # fmt: skip


def penalty_weight(default: float) -> Any:
    """The knob `r1_weight`: gamma of R1 (Mescheder et al. 2018, eq. 9)."""
    return knob(
        default, low=0.0, high=1000.0, title="Weight of the gradient penalty (R1)", title_zh="梯度惩罚权重（R1）",
        advanced=True,
        help="How much the discriminator pays for being steep at real pictures; 0 leaves the penalty out.",
        help_zh="判别器在真实图像处过陡的惩罚权重；0 表示不使用。",
    )  # fmt: skip


def blocks() -> Any:
    """The knob `network`: what the networks are built of (nets/class_gan.py)."""
    return knob(
        "plain", shapes=True, title="Blocks", title_zh="网络结构",
        choices={"plain": ("plain", "普通卷积"), "residual": ("residual", "残差")},
        help="plain: strided convolutions, three times as fast. residual: more detail in colour pictures from 64 px.",
        help_zh="普通卷积：步进卷积，速度约为三倍；残差：残差块，适合 64 像素以上的彩色图像。",
    )  # fmt: skip


def width(default: int) -> Any:
    """The knob `width`."""
    return knob(
        default, low=4, high=256, shapes=True, title_zh="网络宽度",
        help="Channels at the largest stage; cost grows with its square.",
        help_zh="最大分辨率层的通道数；开销随其平方增长。",
    )  # fmt: skip


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


def variance_decay(default: float) -> Any:
    """The knob `beta2` (Kingma & Ba 2015, algorithm 1)."""
    return knob(
        default, low=0.0, high=0.9999, advanced=True, title_zh="二阶矩衰减（beta2）",
        help="Adam's decay of the variance.", help_zh="Adam 二阶矩衰减。",
    )  # fmt: skip


def adam_each(nets: Nets, rates: Mapping[str, float], betas: tuple[float, float]) -> dict[str, Optimizer]:
    """An Adam for each network named in `rates`, with its own learning rate."""
    return {name: Adam(nets[name].parameters(), lr, betas, fused=True) for name, lr in rates.items()}


def made_like(real: Tensor, nets: Nets, rng: Streams, latent_dim: int) -> Tensor:
    """As many made pictures as there are real ones, (B, C, H, W)."""
    return nets["generator"](rng.normal("noise", len(real), latent_dim).to(real.device))


def generator_graph(nets: Nets, spec: Spec, latent_dim: int, judge: str = "discriminator") -> dict[str, Graph]:
    """One graph: noise in, the picture out; the weights of the network `judge` go along, for a fine-tuning."""
    image, noise = spec.of_kind("continuous")[0], Port("noise", "noise", (latent_dim,))
    module = KeptTogether(nets["generator"], nets[judge])
    return {"generator": Graph(module, (noise,), (Port(image.name, "field", image.shape),))}
