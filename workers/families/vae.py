"""VAE: an encoder and a decoder that learn a code of few normal numbers (Kingma & Welling 2014).

Told the classes it is the conditional one (Sohn et al. 2015); the likelihoods are in likelihoods.py, the growth of the
weight of the KL term in kl_schedules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Adam, Optimizer

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
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.kl_schedules import Schedule, factor, free_nats, length_knob, schedule_knob
from workers.families.likelihoods import Likelihood, likelihood_knob, nats
from workers.families.pictures import ROLES, class_of_each, pictures, unfit
from workers.nets.dense import LayerSizes, sizes
from workers.nets.vae import Decoder, conv_decoder, conv_encoder, dense_decoder, dense_encoder

SIZES_PX = (8, 16, 32, 64, 128, 256)  # what a convolutional network halves down to 4 x 4
UNTOLD = 0.1  # share of the items whose class is kept from the networks, so that they know pictures of any class too
UNKNOWN, FIRST = 0, 1  # what the networks are told of a class that nobody knows, and of the first one
SCALE_LR = 10.0  # learning rate of the learned noise, as a multiple: it has far to go, and hurts nobody on its way


class VaeControls(Controls):
    """What may be chosen when a VAE is sampled."""

    label: str = knob(
        "",
        of_spec="condition",
        needs_classes=True,
        title="Class",
        title_zh="类别",
        help="What to make, for a model that was told the classes (use_classes); empty: drawn.",
        help_zh="要生成的类别，仅适用于训练时使用类别（use_classes）的模型；留空则随机。",
    )
    temperature: float = knob(
        1.0,
        low=0.0,
        high=2.0,
        title_zh="温度",
        help="Length of the noise: less gives more typical and more similar pictures, 1 is what was learned.",
        help_zh="噪声的幅度：小则更典型、更相似；1 为训练时的分布。",
    )


class Vae(Plugin):
    """Reconstruction + `kl_weight` x KL, the negative of eq. 10 where the weight is 1; both networks are exported."""

    name: ClassVar[str] = "vae"
    title: ClassVar[str] = "Variational autoencoder (VAE)"
    title_zh: ClassVar[str] = "变分自编码器（VAE）"
    summary: ClassVar[str] = (
        "Steady to train, and goes both ways: pictures from noise, and a short code from a picture."
    )
    summary_zh: ClassVar[str] = "训练稳定，双向可用：由噪声生成图像，也能把图像编码为少量数字。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = VaeControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("decoder", "encoder")
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 2000, "batch_size": 64, "average_decay": 0.99}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("quick", "Quick look", "快速试看", {"steps": 300, "sample_every": 50}),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 50_000, "width": 32, "latent_dim": 64, "average_decay": 0.999, "sample_every": 1000,
             "checkpoint_every": 500},
        ),
        Preset(
            "crisp", "Sharper, with its own measure of noise", "更清晰（自行学习噪声）",
            {"likelihood": "gaussian", "kl_schedule": "warm_up", "latent_dim": 64, "steps": 4000},
        ),
        Preset("by_class", "One class at a time", "按类别生成", {"use_classes": True, "likelihood": "gaussian"}),
        Preset(
            "from_a_model", "Few pictures, from a trained model", "小数据，在已有模型上继续",
            {"steps": 500, "batch_size": 16, "lr": 3e-4, "average_decay": 0.98, "sample_every": 50,
             "freeze": "encoder/body.*, decoder/body.[0-3].*"},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Covering all of the data evenly, and finding pictures that do not belong."
    good_for_zh: ClassVar[str] = "均匀覆盖全部数据，并发现不合群的图像。"
    not_for: ClassVar[str] = "Crisp detail: what it makes is softer than the data."
    not_for_zh: ClassVar[str] = "清晰的细节：生成结果比原数据柔和。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {"latent_dim": 4, "width": 4, "use_classes": True, "likelihood": "gaussian"}
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (1, 16, 16)), Field("condition", "condition", (), 2, ("one", "two"))),
    )

    network: Literal["convolutional", "fully_connected"] = knob(
        "convolutional",
        shapes=True,
        sides={"convolutional": SIZES_PX},
        title_zh="网络类型",
        choices={
            "convolutional": ("convolutional", "卷积"),
            "fully_connected": ("fully connected", "全连接"),
        },
        help="Convolutional: square pictures of a power-of-two size. Fully connected: any shape.",
        help_zh="convolutional（卷积）：边长为 2 的幂的正方形图像；fully_connected（全连接）：任意形状。",
    )
    latent_dim: int = knob(
        20,
        low=1,
        high=1024,
        shapes=True,
        title="Size of the code",
        title_zh="编码维数",
        help="Numbers in a code.",
        help_zh="每个编码所含的数字个数。",
    )
    kl_weight: float = knob(
        1.0,
        low=0.0,
        high=1000.0,
        title="KL weight",
        title_zh="KL 权重",
        help="Weight of the divergence from normal noise: less gives sharper copies, more gives better samples.",
        help_zh="编码偏离标准正态的惩罚权重：小则重建更清晰，大则采样更好。",
    )
    kl_schedule: Schedule = schedule_knob()
    kl_schedule_steps: int = length_knob()
    free_bits: float = free_nats()
    likelihood: Likelihood = likelihood_knob()
    use_classes: bool = knob(
        False,
        shapes=True,
        tells_classes=True,
        title="Use classes",
        title_zh="使用类别",
        help="Tell both networks the class, where the data have classes, so that one can be chosen at sampling.",
        help_zh="数据有类别时，把类别告知两个网络，采样时即可指定类别。",
    )
    width: int = knob(
        16,
        low=4,
        high=256,
        shapes=True,
        title_zh="通道数",
        help="Channels at the largest stage of a convolutional network; cost grows with its square.",
        help_zh="卷积网络最大分辨率层的通道数；开销随其平方增长。",
    )
    layers: LayerSizes = knob(
        "512, 256",
        shapes=True,
        title_zh="层宽",
        advanced=True,
        help="Hidden layers of a fully connected encoder, mirrored in the decoder: 1 to 8 numbers up to 9999, commas.",
        help_zh="全连接编码器各隐藏层的宽度，解码器与之对称：1 至 8 个不超过 9999 的数，以逗号分隔。",
    )
    augment: Augment = augmentation()
    lr: float = knob(
        2e-3,
        low=1e-6,
        high=1e-1,
        title="Learning rate",
        title_zh="学习率",
        help="Learning rate of both networks.",
        help_zh="两个网络的学习率。",
    )

    def check(self, spec: Spec) -> None:
        """One picture per item; square and a power of two for the convolutional network."""
        image = spec.of_kind("continuous")
        shape = image[0].shape if len(image) == 1 else ()
        square = len(shape) == 3 and shape[1] == shape[2] and shape[1] in SIZES_PX
        if len(shape) != 3 or (self.network == "convolutional" and not square):
            says = "vae learns one picture per item; network fully_connected takes it in any shape."
            expected = f"one picture (channels, height, width); convolutional: square, one of {list(SIZES_PX)} px"
            raise unfit(says, spec, expected=expected)

    def classes(self, spec: Spec) -> int:
        """How many classes the networks are told of; data without any are one class."""
        return max(1, len(spec.classes)) if self.use_classes else 0

    def build(self, spec: Spec) -> dict[str, Module]:
        """An encoder and a decoder for the one picture in `spec`."""
        shape = spec.of_kind("continuous")[0].shape
        classes, scales = self.classes(spec), shape[0] if self.likelihood in ("gaussian", "logistic") else 0
        if self.network == "fully_connected":
            hidden = sizes(self.layers)
            return {
                "encoder": dense_encoder(shape, hidden, self.latent_dim, classes),
                "decoder": dense_decoder(shape, hidden, self.latent_dim, classes, scales),
            }
        channels, size_px, _ = shape
        return {
            "encoder": conv_encoder(size_px, channels, self.width, self.latent_dim, classes),
            "decoder": conv_decoder(size_px, channels, self.width, self.latent_dim, classes, scales),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network; the learned noise learns faster."""
        made: dict[str, Optimizer] = {}
        for name, net in nets.items():
            scales = [weight for key, weight in net.named_parameters() if key == "log_scale"]
            others = [weight for key, weight in net.named_parameters() if key != "log_scale"]
            made[name] = Adam(others, self.lr, fused=True)
            if scales:
                made[name].add_param_group({"params": scales, "lr": self.lr * SCALE_LR})
        return made

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Both networks learn at once, through one drawn code per picture (eq. 4 and 10, L = 1)."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        mean, log_variance, misfit = self.bound(nets, real, rng, self.labels(batch, rng))
        weight = self.kl_weight * factor(self.kl_schedule, rng.step, self.kl_schedule_steps)
        kl = divergence(mean, log_variance).clamp_min(self.free_bits).sum(1)  # (B,)
        yield Phase(("encoder", "decoder"), {"reconstruction": misfit, "weighted_kl": weight * kl})

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> Mapping[str, Tensor]:
        """The bound on unseen pictures, in nats each: less is better; the weight of the KL term plays no part."""
        mean, log_variance, misfit = self.bound(nets, pictures(batch), rng, self.labels(batch))
        return {"negative_elbo": misfit + divergence(mean, log_variance).sum(1)}

    def bound(self, nets: Nets, real: Tensor, rng: Streams, label: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and log-variance of the codes (B, latent_dim), and how badly what comes of one drawn code fits, (B,)."""
        mean, log_variance = (said.float() for said in nets["encoder"](real, *label))
        noise = rng.normal("code", *mean.shape).to(real.device)
        decoder = cast(Decoder, nets["decoder"])
        logits = decoder.logits(mean + (log_variance / 2).exp() * noise, *label).float()  # (B, C, H, W)
        return mean, log_variance, nats(self.likelihood, logits, real.float(), decoder.log_scale)

    def labels(self, batch: Fields, rng: Streams | None = None) -> tuple[Tensor, ...]:
        """What the networks are told of the class, ((B,) int64,), or nothing; while they learn, sometimes UNKNOWN."""
        if not self.use_classes:
            return ()
        label = class_of_each(batch) + FIRST
        if rng is None:
            return (label,)
        return (label.masked_fill(rng.uniform("untold", len(label)).to(label.device) < UNTOLD, UNKNOWN),)

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """Two graphs: the decoder makes a picture of noise, the encoder tells mean and log-variance of its code."""
        image, classes = spec.of_kind("continuous")[0], self.classes(spec)
        picture, code = Port(image.name, "field", image.shape), (self.latent_dim,)
        told = (Port("mean", "field", code), Port("log_variance", "field", code))
        label = (Port("label", "condition", (), "int64", classes + FIRST),) if classes else ()
        return {
            "decoder": Graph(nets["decoder"], (Port("noise", "noise", code), *label), (picture,)),
            "encoder": Graph(nets["encoder"], (picture, *label), told),
        }

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture, of the class in `cond` (B,) where classes were learned; `t` is not used."""
        label = {"label": cond["label"] + FIRST} if self.use_classes else {}
        return call("decoder", noise=x["noise"] * cond["temperature"][:, None], **label)

    def reconstruct(self, call: Call, item: Fields) -> Fields:
        """The pictures of `item` (B, C, H, W) by way of their codes, without noise and without regard to classes."""
        told = self.unlabelled(len(pictures(item)))
        return call("decoder", noise=call("encoder", **item, **told)["mean"], **told)

    def unlabelled(self, size: int) -> Fields:
        """What the graphs are told where nobody knows the class, (B,) int64; {} for networks that know none."""
        return {"label": torch.full((size,), UNKNOWN, dtype=torch.int64)} if self.use_classes else {}

    def anomaly(self, call: Call, item: Fields) -> Fields:
        """`map` (B, H, W), the squared difference of a picture to what comes back of it, and the code's `divergence`.

        A code that lies far from normal noise is one that the model seldom saw (Kingma & Welling 2014, appendix B).
        """
        (name,) = item
        told = self.unlabelled(len(item[name]))
        code = call("encoder", **item, **told)
        again = call("decoder", noise=code["mean"], **told)[name]
        far = divergence(code["mean"], code["log_variance"]).sum(1)
        return {"map": (again - item[name]).square().mean(1), "divergence": far}


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far codes are from standard normal noise, in nats for each of their numbers (appendix B), (B, latent_dim)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance) / 2


PLUGIN = Vae
