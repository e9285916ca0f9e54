"""GAN: an adversarial pair of fully connected networks (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import Module
from torch.nn.functional import softplus
from torch.optim import Optimizer

from workers.contracts import (
    Call,
    Controls,
    Field,
    Fields,
    Graph,
    Nets,
    Phase,
    Plugin,
    Preset,
    Role,
    Sampling,
    Spec,
    Streams,
    knob,
)
from workers.families.adversarial import adam_each, generator_graph, learning_rate, made_like, mean_decay, noise_size
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.pictures import ROLES, pictures, unfit
from workers.nets.dense import LayerSizes, sizes
from workers.nets.gan import Discriminator, Generator


class Gan(Plugin):
    """The minimax game of eq. 1, with the generator's non-saturating loss (section 3); exported as its average."""

    name: ClassVar[str] = "gan"
    title: ClassVar[str] = "Fully connected GAN"
    title_zh: ClassVar[str] = "全连接生成对抗网络（GAN）"
    summary: ClassVar[str] = "The classic: small pictures of any size, grey or colour; instant to sample."
    summary_zh: ClassVar[str] = "经典结构：适合任意尺寸的小图像，灰度或彩色；采样即时。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 6000, "batch_size": 64, "average_decay": 0.995}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("quick", "Quick look", "快速试看", {"steps": 1000, "sample_every": 100}),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 100_000, "average_decay": 0.999, "sample_every": 2000, "checkpoint_every": 1000},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Small pictures of an unusual shape, teaching, and a comparison."
    good_for_zh: ClassVar[str] = "尺寸特殊的小图像、教学与对照。"
    not_for: ClassVar[str] = "Large or detailed pictures: without convolutions they come out grainy."
    not_for_zh: ClassVar[str] = "大图或细节丰富的图像：没有卷积，结果有颗粒感。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {
        "latent_dim": 8, "generator_layers": "8,16", "discriminator_layers": "16,8",
    }  # fmt: skip
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 9, 7)),))

    latent_dim: int = noise_size(100)
    generator_layers: LayerSizes = knob(
        "128, 256, 512, 1024",
        shapes=True,
        title_zh="生成器层宽",
        help="Sizes of the generator's hidden layers from noise to picture: 1 to 8 numbers up to 9999, with commas.",
        help_zh="生成器各隐藏层的宽度，从噪声到图像：1 至 8 个不超过 9999 的数，以逗号分隔。",
    )
    discriminator_layers: LayerSizes = knob(
        "1024, 512, 256",
        shapes=True,
        title_zh="判别器层宽",
        help="Sizes of the discriminator's hidden layers from picture to verdict, written likewise.",
        help_zh="判别器各隐藏层的宽度，从图像到判断，写法相同。",
    )
    batch_norm: bool = knob(
        True,
        shapes=True,
        title="Batch normalisation",
        advanced=True,
        title_zh="批归一化",
        help="Normalise every hidden layer of the generator but the first.",
        help_zh="对生成器除第一层外的各隐藏层作批归一化。",
    )
    dropout: float = knob(
        0.3,
        low=0.0,
        high=0.9,
        title_zh="随机失活率",
        advanced=True,
        help="Share of the discriminator's units that are dropped at random.",
        help_zh="判别器中随机失活单元的比例。",
    )
    generator_lr: float = learning_rate(2e-4, "generator", "生成器")
    discriminator_lr: float = learning_rate(2e-4, "discriminator", "判别器")
    beta1: float = mean_decay(0.5)
    augment: Augment = augmentation()

    def check(self, spec: Spec) -> None:
        """One picture of any shape."""
        image = spec.of_kind("continuous")
        if len(image) != 1 or len(image[0].shape) != 3:
            expected = "one picture (channels, height, width)"
            raise unfit("gan learns one picture per item.", spec, expected=expected)

    def build(self, spec: Spec) -> dict[str, Module]:
        """A generator and a discriminator for the one picture in `spec`."""
        shape = spec.of_kind("continuous")[0].shape
        return {
            "generator": Generator(shape, self.latent_dim, sizes(self.generator_layers), self.batch_norm),
            "discriminator": Discriminator(shape, sizes(self.discriminator_layers), self.dropout),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network."""
        rates = {"generator": self.generator_lr, "discriminator": self.discriminator_lr}
        return adam_each(nets, rates, (self.beta1, 0.999))

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """The discriminator learns to tell real from made (algorithm 1, k = 1), then the generator to pass for real."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        made = made_like(real, nets, rng, self.latent_dim)  # (B, C, H, W)
        on_real = softplus(-nets["discriminator"](real).float())  # -log D(x), (B,)
        on_made = softplus(nets["discriminator"](made.detach()).float())  # -log(1 - D(G(z))), (B,)
        yield Phase(("discriminator",), {"on_real": on_real, "on_made": on_made})
        yield Phase(("generator",), {"generator": softplus(-nets["discriminator"](made).float())})  # -log D(G(z))

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise in, the picture out; the discriminator's weights go along, for a fine-tuning."""
        return generator_graph(nets, spec, self.latent_dim)

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture; `t` and `cond` are not used."""
        return call("generator", noise=x["noise"])


PLUGIN = Gan
