"""StyleGAN2: styles that modulate convolutions, noise for every pixel (Karras et al. 2020b, 2020a)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import softplus
from torch.optim import SGD, Optimizer

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
from workers.families import adaptive_augmentation as adaptive
from workers.families.adversarial import adam_each, learning_rate, noise_size
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.differentiable_augmentation import Change, changed, diff_augment
from workers.families.gradient_penalty import squared_slopes
from workers.families.pictures import ROLES, check_square, class_of_each, pictures, squares
from workers.nets.gauge import Gauge
from workers.nets.stylegan2 import Discriminator, Generator, TruncatedGenerator

R1_EVERY, PATH_EVERY = 16, 8  # steps between two lazy penalties (section 3.1)
PATH_MEMORY = 0.01  # share of the newest in the mean length of a path (appendix B)
BETAS = (0.0, 0.99)


class StyleControls(Controls):
    """What may be chosen at sampling."""

    truncation: float = knob(
        1.0, low=0.0, high=1.0, title="Variety", title_zh="多样性（截断）",
        help="1 shows all that was learned; less keeps to what is typical, with fewer faults and less variety.",
        help_zh="1 呈现所学全部；越小越接近典型样本，瑕疵与变化都更少。",
    )  # fmt: skip
    label: str = knob(
        "", of_spec="condition", needs_classes=True, title="Class", title_zh="类别",
        help="Name of a class; open: each picture draws one.", help_zh="类别名称；留空则逐张随机抽取。",
    )  # fmt: skip


class StyleGan2(Plugin):
    """Non-saturating loss, lazy R1 and, where wanted, path length (eq. 4); exported as the generator's average.

    Where the data have classes, both networks are told them. The networks `path_length` and `augmentation` are one
    number each: the mean length of a path, and the probability p of adaptive augmentation.
    """

    name: ClassVar[str] = "stylegan2"
    title: ClassVar[str] = "Style-based GAN (StyleGAN2)"
    title_zh: ClassVar[str] = "风格生成对抗网络（StyleGAN2）"
    summary: ClassVar[str] = "Crisp pictures of 16 to 256 px, by class where there are some; learns from few with care."
    summary_zh: ClassVar[str] = "16 至 256 像素的清晰图像，有类别时可按类别生成；借助自适应增强可用少量数据训练。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]] = squares((16, 32, 64, 128, 256))
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = StyleControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 4000, "batch_size": 32, "average_decay": 0.998}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("quick", "Quick look", "快速试看", {"steps": 500, "width": 8, "sample_every": 100}),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "few_pictures", "Few pictures (tens to a thousand)", "小数据（几十至一千张）",
            {"adaptive_augmentation": "geometry", "r1_weight": 1.0, "sample_every": 250},
        ),
        Preset(
            "from_a_model", "Few pictures, from a trained model", "小数据，在已有模型上继续",
            {"adaptive_augmentation": "geometry", "steps": 1000, "generator_lr": 1e-3, "discriminator_lr": 1e-3,
             "r1_weight": 1.0, "freeze": "discriminator/look.*, discriminator/blocks.0.*", "sample_every": 100},
        ),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 60_000, "width": 32, "style_mixing": 0.9, "path_weight": 2.0, "average_decay": 0.9995,
             "sample_every": 1000, "checkpoint_every": 500},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Sharp detail, instant samples, one class at a time, and small data sets."
    good_for_zh: ClassVar[str] = "清晰细节、即时采样、按类别生成，以及小规模数据集。"
    not_for: ClassVar[str] = "A first look within a minute, or covering every rare item: it may leave some out."
    not_for_zh: ClassVar[str] = "一分钟内的初步尝试，或覆盖全部罕见样本：可能遗漏一部分。"
    tolerance: ClassVar[float] = 1e-3
    toy: ClassVar[Mapping[str, Any]] = {
        "latent_dim": 4, "width": 4, "mapping_layers": 1, "path_weight": 2.0, "style_mixing": 0.5,
        "adaptive_augmentation": "geometry", "adaptation_steps": 10,
    }  # fmt: skip
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (3, 16, 16)), Field("condition", "condition", (), 2, ("one", "two"))),
    )

    latent_dim: int = noise_size(128, low=2)
    width: int = knob(
        16, low=4, high=256, shapes=True, title_zh="网络宽度",
        help="Channels at the full size; they double with every halving, up to 8 times. Cost grows with its square.",
        help_zh="全尺寸层的通道数；尺寸每减半则加倍，至多 8 倍。开销随其平方增长。",
    )  # fmt: skip
    mapping_layers: int = knob(
        4, low=1, high=8, shapes=True, advanced=True, title_zh="映射网络层数",
        help="Layers between noise and style.", help_zh="由噪声到风格的网络层数。",
    )  # fmt: skip
    grain: Literal["drawn", "fixed"] = knob(
        "drawn", shapes=True, advanced=True, title="Fine noise", title_zh="像素噪声",
        choices={"drawn": ("drawn for each picture", "逐张抽取"), "fixed": ("the same in all", "固定不变")},
        help="Noise for every pixel, which small details come from.", help_zh="每个像素的噪声，决定细微之处。",
    )  # fmt: skip
    generator_lr: float = learning_rate(2.5e-3, "generator", "生成器")
    discriminator_lr: float = learning_rate(2.5e-3, "discriminator", "判别器")
    r1_weight: float = knob(
        0.1, low=0.0, high=1000.0, title="R1 weight", title_zh="R1 权重",
        help="Penalty on a discriminator that is steep at real pictures: more is calmer, and better for few pictures.",
        help_zh="对判别器在真实图像处梯度的惩罚：大则更稳，数据少时应更大。",
    )  # fmt: skip
    path_weight: float = knob(
        0.0, low=0.0, high=100.0, advanced=True, title="Path length weight", title_zh="路径长度权重",
        help="Makes equal steps in style equal steps in the picture; 2 for long trainings of large ones, 0 for none.",
        help_zh="使风格的等距变化对应图像的等距变化；大图长时间训练取 2，0 为不用。",
    )  # fmt: skip
    style_mixing: float = knob(
        0.0, low=0.0, high=1.0, advanced=True, title="Style mixing", title_zh="风格混合概率",
        help="Share of pictures whose coarse and fine styles come from two codes while it learns.",
        help_zh="训练时粗、细风格取自两个编码的图像比例。",
    )  # fmt: skip
    augment: Augment = augmentation()
    adaptive_augmentation: adaptive.Adaptive = adaptive.adaptive_augmentation()
    adaptation_steps: int = adaptive.adaptation_steps()
    diff_augment: Change = diff_augment()

    def check(self, spec: Spec) -> None:
        """Square pictures of a power-of-two size: grey, RGB or RGBA."""
        check_square(self, spec)

    def build(self, spec: Spec) -> dict[str, Module]:
        """Generator and discriminator, and the two numbers that are learned beside them."""
        channels, size_px, _ = spec.of_kind("continuous")[0].shape
        classes = len(spec.classes)
        return {
            "generator": Generator(
                size_px, channels, width=self.width, latent_dim=self.latent_dim, layers=self.mapping_layers,
                classes=classes, fixed=self.grain == "fixed",
            ),
            "discriminator": Discriminator(size_px, channels, width=self.width, classes=classes),
            "path_length": Gauge(),
            "augmentation": Gauge(),
        }  # fmt: skip

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam without momentum for both networks (appendix B)."""
        rates = {"generator": self.generator_lr, "discriminator": self.discriminator_lr}
        return adam_each(nets, rates, BETAS) | {
            "path_length": SGD(nets["path_length"].parameters(), PATH_MEMORY),
            "augmentation": adaptive.optimizer(nets["augmentation"], self.adaptation_steps),
        }

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Discriminator, its penalty, the augmentation; then the generator, and its own penalty."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, S, S)
        label = class_of_each(batch)  # (B,)
        made = self.made(nets, label, rng)  # (B, C, S, S)
        critic = nets["discriminator"]
        shown = self.shown(nets, real, rng, "real")
        on_real = critic(shown, label)  # (B,) float32
        on_made = critic(self.shown(nets, made.detach(), rng, "made"), label)
        yield Phase(("discriminator",), {"on_real": softplus(-on_real), "on_made": softplus(on_made)})
        if self.r1_weight and rng.step % R1_EVERY == 0:
            slopes = squared_slopes(lambda seen: critic(seen, label), shown)
            yield Phase(("discriminator",), {"r1": self.r1_weight / 2 * R1_EVERY * slopes})
        if self.adaptive_augmentation != "none":
            yield adaptive.phase(nets["augmentation"], on_real)
        on_made = critic(self.shown(nets, made, rng, "made, for the generator"), label)
        yield Phase(("generator",), {"generator": softplus(-on_made)})
        if self.path_weight and rng.step % PATH_EVERY == 0:
            yield self.path_phase(nets, label, rng)

    def made(self, nets: Nets, label: Tensor, rng: Streams) -> Tensor:
        """Pictures of these classes, (B, C, S, S); some mix the styles of two codes (Karras et al. 2019, 3.1)."""
        net, count = generator_of(nets), len(label)
        code = rng.normal("noise", count, self.latent_dim).to(label.device)
        other = cut = None
        if self.style_mixing:
            other = rng.normal("other noise", count, self.latent_dim).to(label.device)
            place = rng.integers("cut", 1, net.synthesis.layers, count)
            mixes = rng.uniform("mixes", count) < self.style_mixing
            cut = torch.where(mixes, place, net.synthesis.layers).to(label.device)
        return net.synthesis(net.styles(code, label, other, cut), self.grains(net, count, rng, "grain"))

    def grains(self, net: Generator, count: int, rng: Streams, name: str) -> Tensor:
        """The noise of every pixel, (B or 1, grain)."""
        if net.grain is not None:
            return net.grain
        return rng.normal(name, count, net.grain_size).to(net.synthesis.start.device)

    def shown(self, nets: Nets, picture: Tensor, rng: Streams, name: str) -> Tensor:
        """Pictures as the discriminator sees them, (B, C, S, S)."""
        p = nets["augmentation"]()
        picture = adaptive.adapted(picture, self.adaptive_augmentation, p, rng, name)
        return changed(picture, self.diff_augment, rng, name)

    def path_phase(self, nets: Nets, label: Tensor, rng: Streams) -> Phase:
        """How far from their running mean the lengths of paths are, squared (eq. 4), in float32.

        A path's length is the norm of J^T y, of the picture by its style, in a random direction y of unit expectation.
        The mean is a network of one number: a step of size PATH_MEMORY down half the square of a distance moves it by
        that share of the distance.
        """
        net, count = generator_of(nets), len(label)
        with torch.autocast(label.device.type, enabled=False):
            code = rng.normal("noise of a path", count, self.latent_dim).to(label.device)
            styles = net.styles(code, label)  # (B, layers, style)
            image = net.synthesis(styles, self.grains(net, count, rng, "grain of a path"))
            toward = rng.normal("direction of a path", *image.shape).to(image.device) / image.shape[-1]
            (slopes,) = torch.autograd.grad((image * toward).sum(), styles, create_graph=True)
        length = slopes.square().sum(2).mean(1).sqrt()  # (B,)
        mean = nets["path_length"]()
        path = self.path_weight * PATH_EVERY * (length - mean.detach()).square()
        mean_path = (length.detach() - mean).square() / 2
        return Phase(("generator", "path_length"), {"path": path, "path_mean": mean_path})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise, variety and class in, the picture out."""
        net, image = generator_of(nets), spec.of_kind("continuous")[0]
        ports = [
            Port("noise", "noise", (self.latent_dim,)),
            Port("truncation", "condition", ()),
            Port("label", "condition", (), "int64", net.classes),
        ]
        if self.grain == "drawn":
            ports.append(Port("grain", "noise", (net.grain_size,)))
        module = TruncatedGenerator(net, nets["discriminator"])
        return {"generator": Graph(module, tuple(ports), (Port(image.name, "field", image.shape),))}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture."""
        return call("generator", truncation=cond["truncation"], label=cond["label"], **x)


def generator_of(nets: Nets) -> Generator:
    """The generator among the networks."""
    return cast(Generator, nets["generator"])


PLUGIN = StyleGan2
