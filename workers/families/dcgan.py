"""DCGAN: an adversarial pair of convolutional networks (Goodfellow et al. 2014; Radford et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import Module
from torch.nn.functional import cross_entropy, softplus
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
from workers.families.adversarial import (
    adam_each,
    generator_graph,
    learning_rate,
    made_like,
    mean_decay,
    noise_size,
    variance_decay,
    width,
)
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.differentiable_augmentation import Change, changed, diff_augment
from workers.families.pictures import ROLES, check_square, pictures, squares
from workers.nets.dcgan import Discriminator, Generator


class Dcgan(Plugin):
    """Non-saturating loss; the generator is exported as its average.

    Where the data have classes, the discriminator has one logit for each and "real" is their log-sum-exp (Salimans
    et al. 2016, section 5): made pictures come out much more distinct, while the generator stays unconditional.
    """

    name: ClassVar[str] = "dcgan"
    title: ClassVar[str] = "Convolutional GAN (DCGAN)"
    title_zh: ClassVar[str] = "卷积生成对抗网络（DCGAN）"
    summary: ClassVar[str] = "Fast to train and instant to sample; pictures of 16 to 128 px, grey or colour."
    summary_zh: ClassVar[str] = "训练快、采样即时；支持 16 至 128 像素的灰度或彩色图像。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]] = squares((16, 32, 64, 128))
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 1500, "batch_size": 64, "average_decay": 0.99}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("quick", "Quick look", "快速试看", {"steps": 300, "width": 16, "sample_every": 50}),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 30_000, "width": 64, "average_decay": 0.999, "sample_every": 1000, "checkpoint_every": 500},
        ),
        Preset(
            "few_pictures", "Few pictures (tens to a thousand)", "小数据（几十至一千张）",
            {"diff_augment": "colour_translation_cutout", "steps": 3000},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "A first picture model: crisp samples after minutes."
    good_for_zh: ClassVar[str] = "首选的图像模型：几分钟即可得到清晰样本。"
    not_for: ClassVar[str] = "Choosing a class at sampling, or covering every rare item: it may leave some out."
    not_for_zh: ClassVar[str] = "采样时指定类别，或覆盖全部罕见样本：可能遗漏一部分。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {"latent_dim": 8, "width": 4, "augment": "flip_shift"}
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (1, 16, 16)), Field("condition", "condition", (), 2, ("one", "two"))),
    )

    latent_dim: int = noise_size(64, low=2)
    width: int = width(32)
    generator_lr: float = learning_rate(1e-3, "generator", "生成器")
    discriminator_lr: float = learning_rate(5e-4, "discriminator", "判别器")
    beta1: float = mean_decay(0.5)
    beta2: float = variance_decay(0.999)
    use_classes: bool = knob(
        True,
        shapes=True,
        help="Let the discriminator learn the classes, where there are some.",
        help_zh="数据有类别时，让判别器学习类别。",
        title_zh="使用类别",
    )

    augment: Augment = augmentation()
    diff_augment: Change = diff_augment()

    def check(self, spec: Spec) -> None:
        """Square pictures of a power-of-two size: grey, RGB or RGBA."""
        check_square(self, spec)

    def build(self, spec: Spec) -> dict[str, Module]:
        """A generator and a discriminator for the one picture in `spec`."""
        channels, size_px, _ = spec.of_kind("continuous")[0].shape
        outputs = max(1, len(spec.classes)) if self.use_classes else 1
        return {
            "generator": Generator(size_px, channels, self.width, self.latent_dim),
            "discriminator": Discriminator(size_px, channels, self.width, outputs),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network (Radford et al. 2016, section 4)."""
        rates = {"generator": self.generator_lr, "discriminator": self.discriminator_lr}
        return adam_each(nets, rates, (self.beta1, self.beta2))

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """The discriminator learns to tell real from made, then the generator to be taken for real."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        made = made_like(real, nets, rng, self.latent_dim)  # (B, C, H, W)
        shown, seen = (changed(one, self.diff_augment, rng, of) for one, of in ((real, "real"), (made, "made")))
        on_real = nets["discriminator"](shown).float()  # (B, outputs)
        on_made = nets["discriminator"](seen.detach()).float()
        losses = {"on_real": softplus(-on_real.logsumexp(1)), "on_made": softplus(on_made.logsumexp(1))}
        if on_real.shape[1] > 1:
            losses["classes"] = cross_entropy(on_real, batch["condition"].long(), reduction="none")
        yield Phase(("discriminator",), losses)
        yield Phase(("generator",), {"generator": softplus(-nets["discriminator"](seen).float().logsumexp(1))})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise in, the picture out; the discriminator's weights go along, for a fine-tuning."""
        return generator_graph(nets, spec, self.latent_dim)

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture; `t` and `cond` are not used."""
        return call("generator", noise=x["noise"])


PLUGIN = Dcgan
