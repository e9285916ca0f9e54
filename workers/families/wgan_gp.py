"""WGAN-GP: a critic that measures how far apart real and made pictures are (Gulrajani et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import Module
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
    blocks,
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
from workers.families.gradient_penalty import squared_slopes
from workers.families.pictures import ROLES, check_square, pictures, squares
from workers.nets.class_gan import Discriminator, Generator, Network

TINY = 1e-12  # keeps the slope of a square root finite


class WganGp(Plugin):
    """E D(made) - E D(real) + lambda E (|d D(x)/dx| - 1)^2, x between the two (Gulrajani et al. 2017, eq. 3).

    A step is one of the critic; the generator learns every `critic_steps` steps, from the batch of that step.
    """

    name: ClassVar[str] = "wgan_gp"
    title: ClassVar[str] = "Wasserstein GAN (WGAN-GP)"
    title_zh: ClassVar[str] = "Wasserstein 生成对抗网络（WGAN-GP）"
    summary: ClassVar[str] = "A GAN whose loss means something: it falls as pictures get better. Slower, and steady."
    summary_zh: ClassVar[str] = "损失有意义的 GAN：图像越好，损失越低。较慢，但稳定。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]] = squares((8, 16, 32, 64, 128, 256))
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 8000, "batch_size": 64, "average_decay": 0.999}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "quick", "Quick look", "快速试看",
            {"steps": 1000, "average_decay": 0.99, "sample_every": 200},
        ),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 100_000, "width": 64, "critic_steps": 5, "generator_lr": 1e-4, "critic_lr": 1e-4, "beta1": 0.0,
             "beta2": 0.9, "average_decay": 0.9995, "sample_every": 2000, "checkpoint_every": 1000},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Where other GANs collapse, and where a loss that can be read is wanted."
    good_for_zh: ClassVar[str] = "其他 GAN 容易崩溃的数据，以及需要可解读损失的场合。"
    not_for: ClassVar[str] = "A quick result, or choosing a class: cgan is faster at both."
    not_for_zh: ClassVar[str] = "快速出结果或指定类别：cgan 更合适。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {"latent_dim": 8, "width": 4, "critic_steps": 2}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 8, 8)),))

    network: Network = blocks()
    latent_dim: int = noise_size(64, low=2)
    width: int = width(16)
    critic_steps: int = knob(
        2,
        low=1,
        high=100,
        title="Critic steps",
        title_zh="评判器步数",
        advanced=True,
        help="Steps of the critic for each one of the generator.",
        help_zh="生成器每学习一步，评判器学习的步数。",
    )
    penalty: float = knob(
        10.0,
        low=0.0,
        high=1000.0,
        title="Weight of the gradient penalty",
        title_zh="梯度惩罚权重",
        advanced=True,
        help="Weight lambda of what holds the critic's slope at 1.",
        help_zh="使评判器斜率保持为 1 的惩罚权重 λ。",
    )
    augment: Augment = augmentation()
    diff_augment: Change = diff_augment()
    generator_lr: float = learning_rate(1e-3, "generator", "生成器")
    critic_lr: float = learning_rate(1e-3, "critic", "评判器")
    beta1: float = mean_decay(0.5)
    beta2: float = variance_decay(0.99)

    def check(self, spec: Spec) -> None:
        """Square pictures of a power-of-two size: grey, RGB or RGBA."""
        check_square(self, spec)

    def build(self, spec: Spec) -> dict[str, Module]:
        """A generator, and a critic without any normalisation, for the one picture in `spec`."""
        channels, size_px, _ = spec.of_kind("continuous")[0].shape
        return {
            "generator": Generator(size_px, channels, self.width, self.latent_dim, network=self.network),
            "critic": Discriminator(size_px, channels, self.width, network=self.network, spectral=False),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network (algorithm 1)."""
        rates = {"generator": self.generator_lr, "critic": self.critic_lr}
        return adam_each(nets, rates, (self.beta1, self.beta2))

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """The critic learns to tell made from real by a slope of 1; when it is due, the generator to please it."""
        due = rng.step % self.critic_steps == 0
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        with torch.set_grad_enabled(due):
            made = changed(made_like(real, nets, rng, self.latent_dim), self.diff_augment, rng, "made")
        shown, seen = changed(real, self.diff_augment, rng, "real"), made.detach()
        verdicts = nets["critic"](torch.cat([shown, seen]))  # (2 B,)
        share = rng.uniform("share", len(real), 1, 1, 1).to(real.device)
        between = share * shown.float() + (1 - share) * seen.float()  # algorithm 1, line 6
        slope = (squared_slopes(nets["critic"], between) + TINY).sqrt()  # (B,)
        losses = {"on_real": -verdicts[: len(real)], "on_made": verdicts[len(real) :]}
        yield Phase(("critic",), losses | {"penalty": self.penalty * (slope - 1).square()})
        if due:
            yield Phase(("generator",), {"generator": -nets["critic"](made)})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise in, the picture out; the critic's weights go along, for a fine-tuning."""
        return generator_graph(nets, spec, self.latent_dim, judge="critic")

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture; `t` and `cond` are not used."""
        return call("generator", noise=x["noise"])


PLUGIN = WganGp
