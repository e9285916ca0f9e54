"""Class-conditional GAN: pictures of the class that is asked for (Mirza & Osindero 2014; Miyato & Koyama 2018)."""

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
    Port,
    Preset,
    Role,
    Sampling,
    Spec,
    Streams,
    knob,
)
from workers.families.adversarial import (
    LOSSES,
    Loss,
    adam_each,
    adversarial_loss,
    blocks,
    learning_rate,
    mean_decay,
    noise_size,
    penalty_weight,
    variance_decay,
    width,
)
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.differentiable_augmentation import Change, changed, diff_augment
from workers.families.gradient_penalty import squared_slopes
from workers.families.pictures import ROLES, check_square, class_of_each, pictures, squares
from workers.nets.class_gan import Conditioning, Discriminator, Generator, Network
from workers.nets.kept_together import KeptTogether

R1_EVERY = 16  # steps between two penalties, each as heavy as 16 (Karras et al. 2020b, section 3.1)


class ClassControls(Controls):
    """Which class is made."""

    label: str = knob(
        "",
        of_spec="condition",
        needs_classes=True,
        title="Class",
        title_zh="类别",
        help="The class that is made; left open, each item's class is drawn, all alike.",
        help_zh="要生成的类别；留空则每个样本等概率随机抽取。",
    )


class Cgan(Plugin):
    """Non-saturating loss and R1 (Mescheder et al. 2018), or hinge and spectral normalisation (Miyato et al. 2018).

    projection: verdict = y'V phi(x) + psi(phi(x)) (Miyato & Koyama 2018, eq. 3), and the class chooses gains and shifts
    in the generator. concatenation: the class is told to both beside what they see (Mirza & Osindero 2014, eq. 2).
    Data without classes are one class.
    """

    name: ClassVar[str] = "cgan"
    title: ClassVar[str] = "Class-conditional GAN"
    title_zh: ClassVar[str] = "条件生成对抗网络（cGAN）"
    summary: ClassVar[str] = "Makes the class you ask for, in one step; needs data in folders by class."
    summary_zh: ClassVar[str] = "一步生成指定类别的图像；数据需按类别分文件夹。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]] = squares((8, 16, 32, 64, 128, 256))
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = ClassControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 6000, "batch_size": 64, "average_decay": 0.998}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset(
            "quick", "Quick look", "快速试看",
            {"steps": 1000, "average_decay": 0.99, "sample_every": 100},
        ),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "few_items", "Few items", "少量数据",
            {"diff_augment": "colour_translation_cutout", "r1_weight": 1.0},
        ),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 60_000, "width": 64, "average_decay": 0.9999, "sample_every": 1000, "checkpoint_every": 500},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Pictures of a chosen class at once, as training data for a classifier for example."
    good_for_zh: ClassVar[str] = "即时生成指定类别的图像，例如用作分类器的训练数据。"
    not_for: ClassVar[str] = "Classes of a few dozen items, and covering every rare variant: diffusion covers more."
    not_for_zh: ClassVar[str] = "每类仅几十个样本，或需覆盖全部罕见变化：扩散模型覆盖更全。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {
        "latent_dim": 8, "width": 4, "diff_augment": "colour_translation_cutout", "spectral_norm": True,
    }  # fmt: skip
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (1, 8, 8)), Field("condition", "condition", (), 2, ("one", "two"))),
    )

    conditioning: Conditioning = knob(
        "projection",
        shapes=True,
        title="How classes are told",
        title_zh="类别的使用方式",
        advanced=True,
        choices={"projection": ("projection", "投影"), "concatenation": ("concatenation", "拼接")},
        help="projection: the discriminator compares each picture with a vector of its class. concatenation: the class "
        "is one more input of both networks.",
        help_zh="projection（投影）：判别器将图像特征与其类别向量作比较；concatenation（拼接）：类别作为两个网络的额外输入。",
    )
    network: Network = blocks()
    latent_dim: int = noise_size(64, low=2)
    width: int = width(16)
    spectral_norm: bool = knob(
        False,
        shapes=True,
        title="Spectral normalisation",
        title_zh="谱归一化",
        advanced=True,
        help="Bound how steep every layer of the discriminator is. Calmer, but it then misses more of the data.",
        help_zh="限制判别器每层的陡度：更稳定，但会漏掉更多数据变化。",
    )
    loss: Loss = adversarial_loss("non_saturating")
    r1_weight: float = penalty_weight(0.1)
    augment: Augment = augmentation()
    diff_augment: Change = diff_augment()
    generator_lr: float = learning_rate(1e-3, "generator", "生成器")
    discriminator_lr: float = learning_rate(1e-3, "discriminator", "判别器")
    beta1: float = mean_decay(0.5)
    beta2: float = variance_decay(0.99)

    def check(self, spec: Spec) -> None:
        """Square pictures of a power-of-two size: grey, RGB or RGBA."""
        check_square(self, spec)

    def build(self, spec: Spec) -> dict[str, Module]:
        """A generator and a discriminator for the one picture and the classes in `spec`."""
        channels, size_px, _ = spec.of_kind("continuous")[0].shape
        classes = max(1, len(spec.classes))
        return {
            "generator": Generator(
                size_px, channels, self.width, self.latent_dim, classes, self.conditioning, self.network
            ),
            "discriminator": Discriminator(
                size_px, channels, self.width, classes, self.conditioning, self.network, self.spectral_norm
            ),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network."""
        rates = {"generator": self.generator_lr, "discriminator": self.discriminator_lr}
        return adam_each(nets, rates, (self.beta1, self.beta2))

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """The discriminator learns to tell real from made of the same classes, then the generator to pass for real."""
        real, label = augmented(pictures(batch), self.augment, rng), class_of_each(batch)  # (B, C, H, W), (B,)
        noise = rng.normal("noise", len(real), self.latent_dim).to(real.device)
        made = nets["generator"](noise, label)  # (B, C, H, W)
        seen = changed(made, self.diff_augment, rng, "made")
        shown = changed(real, self.diff_augment, rng, "real")
        for_real, for_generator = LOSSES[self.loss]
        verdicts = nets["discriminator"](torch.cat([shown, seen.detach()]), label.repeat(2))  # (2 B,)
        losses = {"on_real": for_real(verdicts[: len(real)]), "on_made": for_real(-verdicts[len(real) :])}
        if self.r1_weight and rng.step % R1_EVERY == 0:
            steep = squared_slopes(lambda at: nets["discriminator"](at, label), shown)
            losses["r1"] = self.r1_weight / 2 * R1_EVERY * steep
        yield Phase(("discriminator",), losses)
        yield Phase(("generator",), {"generator": for_generator(nets["discriminator"](seen, label))})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise and class in, the picture out; the discriminator's weights go along, for a fine-tuning."""
        image = spec.of_kind("continuous")[0]
        noise = Port("noise", "noise", (self.latent_dim,))
        label = Port("label", "condition", (), "int64", max(1, len(spec.classes)))
        module = KeptTogether(nets["generator"], nets["discriminator"])
        return {"generator": Graph(module, (noise, label), (Port(image.name, "field", image.shape),))}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture; `t` is not used."""
        return call("generator", noise=x["noise"], label=cond["label"])


PLUGIN = Cgan
