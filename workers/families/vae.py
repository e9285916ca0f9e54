"""VAE: an encoder and a decoder that learn a code of few normal numbers (Kingma & Welling 2014)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, cast

from torch import Tensor
from torch.nn import Module
from torch.nn.functional import binary_cross_entropy_with_logits
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
from workers.families.pictures import ROLES, pictures, unfit
from workers.nets.dense import LayerSizes, sizes
from workers.nets.vae import Decoder, conv_decoder, conv_encoder, dense_decoder, dense_encoder

SIZES_PX = (8, 16, 32, 64, 128, 256)  # what a convolutional network halves down to 4 x 4


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
    controls: ClassVar[type[Controls]] = Controls
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
    )  # fmt: skip
    good_for: ClassVar[str] = "Covering all of the data evenly, and finding pictures that do not belong."
    good_for_zh: ClassVar[str] = "均匀覆盖全部数据，并发现不合群的图像。"
    not_for: ClassVar[str] = "Crisp detail: what it makes is softer than the data."
    not_for_zh: ClassVar[str] = "清晰的细节：生成结果比原数据柔和。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {"latent_dim": 4, "width": 4}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 16, 16)),))

    network: Literal["convolutional", "fully_connected"] = knob(
        "convolutional",
        shapes=True,
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
    likelihood: Literal["mse", "bernoulli"] = knob(
        "mse",
        title_zh="似然",
        advanced=True,
        choices={
            "mse": ("squared error (mse)", "平方误差（mse）"),
            "bernoulli": ("probability of light (bernoulli)", "亮度概率（bernoulli）"),
        },
        help="How a difference counts: mse, squared; bernoulli, as probability of light, for nearly black-white data.",
        help_zh="误差的计算方式：mse 为平方误差；bernoulli 把像素视为亮的概率，适合近似黑白的数据。",
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

    def build(self, spec: Spec) -> dict[str, Module]:
        """An encoder and a decoder for the one picture in `spec`."""
        shape = spec.of_kind("continuous")[0].shape
        if self.network == "fully_connected":
            hidden = sizes(self.layers)
            return {
                "encoder": dense_encoder(shape, hidden, self.latent_dim),
                "decoder": dense_decoder(shape, hidden, self.latent_dim),
            }
        channels, size_px, _ = shape
        return {
            "encoder": conv_encoder(size_px, channels, self.width, self.latent_dim),
            "decoder": conv_decoder(size_px, channels, self.width, self.latent_dim),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam for each network."""
        return {name: Adam(net.parameters(), self.lr, fused=True) for name, net in nets.items()}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Both networks learn at once, through one drawn code per picture (eq. 4 and 10, L = 1)."""
        real = pictures(batch)  # (B, C, H, W)
        mean, log_variance = (said.float() for said in nets["encoder"](real))  # (B, latent_dim)
        noise = rng.normal("code", *mean.shape).to(real.device)
        decoder = cast(Decoder, nets["decoder"])
        logits = decoder.body(mean + (log_variance / 2).exp() * noise).float()  # (B, C, H, W)
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2  # (B,); appendix B
        losses = {"reconstruction": self.misfit(logits, real), "weighted_kl": self.kl_weight * kl}
        yield Phase(("encoder", "decoder"), losses)

    def misfit(self, logits: Tensor, real: Tensor) -> Tensor:
        """Negative log-likelihood of `real` (B, C, H, W) up to a constant, in nats per picture, (B,).

        mse: a normal distribution of variance 1/2 in -1..1, so that it is the sum of squared differences.
        """
        if self.likelihood == "bernoulli":
            light = (real.float() + 1) / 2
            return binary_cross_entropy_with_logits(logits, light, reduction="none").flatten(1).sum(1)
        return ((logits / 2).tanh() - real).square().flatten(1).sum(1)

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """Two graphs: the decoder makes a picture of noise, the encoder tells mean and log-variance of its code."""
        image = spec.of_kind("continuous")[0]
        picture, code = Port(image.name, "field", image.shape), (self.latent_dim,)
        told = (Port("mean", "field", code), Port("log_variance", "field", code))
        return {
            "decoder": Graph(nets["decoder"], (Port("noise", "noise", code),), (picture,)),
            "encoder": Graph(nets["encoder"], (picture,), told),
        }

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call makes the picture; `t` and `cond` are not used."""
        return call("decoder", noise=x["noise"])

    def reconstruct(self, call: Call, item: Fields) -> Fields:
        """The pictures of `item` (B, C, H, W) by way of their codes, without noise."""
        return call("decoder", noise=call("encoder", **item)["mean"])


PLUGIN = Vae
