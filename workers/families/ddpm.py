"""Diffusion: a network that takes noise away, step by step (Sohl-Dickstein et al. 2015; Ho et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

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
from workers.families import denoising
from workers.families.augmentation import Augment, augmentation, augmented
from workers.families.diffusion_samplers import ancestral, ddim, dpmpp_2m
from workers.families.noise_schedules import TIMESTEPS, Level, kept, levels
from workers.families.pictures import ROLES, pictures

SAMPLERS = ("ddim", "ddpm", "dpmpp_2m")


class DiffusionControls(denoising.DenoisingControls):
    """What may be chosen each time a picture is made."""

    num_inference_steps: int = knob(
        20, low=1, high=TIMESTEPS, unit="steps", title="Steps", title_zh="采样步数",
        help="Steps from noise to picture; time grows with them. Enough: dpmpp_2m 15 to 25, ddim 30 to 100, ddpm 200.",
        help_zh="从噪声到图像的步数，耗时与之成正比；dpmpp_2m 约需 15 至 25 步，ddim 30 至 100 步，ddpm 200 步以上。",
    )  # fmt: skip
    sampler: Literal["ddim", "ddpm", "dpmpp_2m"] = knob(
        "dpmpp_2m", title_zh="采样器", advanced=True,
        choices={
            "ddim": ("DDIM", "DDIM"),
            "ddpm": ("DDPM, with fresh noise each step", "DDPM（每步加入新噪声）"),
            "dpmpp_2m": ("DPM-Solver++ 2M, few steps", "DPM-Solver++ 2M（步数少）"),
        },
        help="How a step follows from what the network says.", help_zh="由网络预测得到下一步的方法。",
    )  # fmt: skip


class Ddpm(Plugin):
    """Mean squared error of the noise, or of v, at a random time; exported is the network's average."""

    name: ClassVar[str] = "ddpm"
    title: ClassVar[str] = "Diffusion (DDPM)"
    title_zh: ClassVar[str] = "扩散模型（DDPM）"
    summary: ClassVar[str] = "Best pictures and whole coverage of the data, class by class; sampling takes many steps."
    summary_zh: ClassVar[str] = "图像质量最好、覆盖数据最全，可指定类别；采样需要多步。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    sampling: ClassVar[Sampling] = "denoise"
    controls: ClassVar[type[Controls]] = DiffusionControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = (denoising.NETWORK, denoising.ADAPTERS)
    defaults: ClassVar[Mapping[str, Any]] = denoising.DEFAULTS
    presets: ClassVar[tuple[Preset, ...]] = denoising.PRESETS
    good_for: ClassVar[str] = "The best pictures, of a class that is asked for; covers rare items too."
    good_for_zh: ClassVar[str] = "质量最高的图像，可指定类别；罕见样本也能覆盖。"
    not_for: ClassVar[str] = "Quick sampling: a picture takes 15 to 100 runs of the network."
    not_for_zh: ClassVar[str] = "快速采样：每张图像需运行网络 15 至 100 次。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = denoising.TOY
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (1, 8, 8)), Field("condition", "condition", (), 2, ("one", "two"))),
    )

    schedule: Literal["cosine", "linear"] = knob(
        "cosine", title_zh="噪声调度", advanced=True,
        choices={"cosine": ("cosine", "余弦"), "linear": ("linear", "线性")},
        help="How noise grows over the steps of training: cosine keeps more of small pictures for longer.",
        help_zh="训练各步的噪声如何增长：余弦（cosine）对小图像保留信息更久。",
    )  # fmt: skip
    prediction: Literal["v", "epsilon"] = knob(
        "v", title_zh="预测目标", advanced=True,
        choices={
            "v": ("v, a mix of picture and noise", "v（图像与噪声的混合）"),
            "epsilon": ("the noise (epsilon)", "噪声（epsilon）"),
        },
        help="What the network learns to say: v is steady at all times, also with few steps.",
        help_zh="网络学习预测的量：v 在各时刻都稳定，步数少时也可用。",
    )  # fmt: skip
    min_snr: float = knob(
        5.0, low=0.0, high=100.0, title="Min-SNR weight", title_zh="Min-SNR 权重", advanced=True,
        help="Times of little noise count at most as much as this signal-to-noise ratio does; 0: all times alike.",
        help_zh="低噪声时刻的权重以该信噪比为上限；0 表示各时刻相同。",
    )  # fmt: skip
    patch: int = denoising.patch(2)
    width: int = denoising.width(64)
    stages: int = denoising.stages(3)
    blocks: int = denoising.blocks(1)
    attention_px: int = denoising.attention_px(8)
    dropout: float = denoising.dropout()
    use_classes: bool = denoising.use_classes()
    class_dropout: float = denoising.class_dropout()
    lr: float = denoising.learning_rate(1e-3)
    augment: Augment = augmentation()
    adapter_rank: int = denoising.adapter_rank()

    def check(self, spec: Spec) -> None:
        """One picture per item."""
        denoising.check(self, spec)

    def build(self, spec: Spec) -> dict[str, Module]:
        """A U-Net for the one picture in `spec`."""
        return denoising.build(self, spec)

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """Adam."""
        return denoising.optimizers(self, nets)

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Noise of a random time is mixed in, and the network learns to say what was mixed (Ho et al. 2020, eq. 14)."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        error, weight = self.error(nets, real, rng, denoising.labels(self, batch, rng))
        yield Phase((denoising.learner(self),), {"denoising": weight * error})

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> dict[str, Tensor]:
        """The squared error on unseen pictures: once it grows, the data are being learned by heart."""
        return {"denoising": self.error(nets, pictures(batch), rng, denoising.labels(self, batch))[0]}

    def error(self, nets: Nets, real: Tensor, rng: Streams, label: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Mean squared error for pictures (B, C, H, W), (B,), and how much it counts (Hang et al. 2023, eq. 7 to 9)."""
        t = rng.integers("t", 0, TIMESTEPS, len(real))  # (B,)
        noise = rng.normal("noise", *real.shape).to(real)
        share = kept(self.schedule)[t].to(real.device)  # (B,) float64
        alpha, sigma = (root.sqrt().float()[:, None, None, None] for root in (share, 1 - share))
        says = denoising.run(nets, alpha * real + sigma * noise, t.to(real.device), *label).float()
        target = alpha * noise - sigma * real if self.prediction == "v" else noise  # Salimans & Ho 2022, appendix D
        error = (says - target).square().flatten(1).mean(1)
        snr = (share / (1 - share)).float()
        if not self.min_snr:
            return error, torch.ones_like(error)
        return error, snr.clamp_max(self.min_snr) / (snr + 1 if self.prediction == "v" else snr)

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: a noisy picture, its time and its class in, what the network says out."""
        return denoising.graph(self, nets, spec, self.prediction)

    def draws_noise(self, controls: DiffusionControls) -> bool:
        """Whether each step takes fresh noise."""
        return controls.sampler == "ddpm"

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One step; `t` (B,) counts them from 0, and `before` is what the step before took for the picture."""
        (name,) = x.keys() - {"before", "noise"}
        steps, place = int(cond["num_inference_steps"][0]), int(t[0])  # type: ignore[index]
        way, sampler = levels(self.schedule, steps), SAMPLERS[int(cond["sampler"][0])]
        now, then, last = way[place], way[place + 1], way[place - 1] if place else None
        noisy = x[name]  # (B, C, H, W)
        times = torch.full((len(noisy),), now.t)
        says = denoising.guided(self, call, {name: noisy}, times, cond, self.prediction)
        picture = self.picture(noisy, says, now)
        if sampler == "ddpm":
            return {name: ancestral(noisy, picture, now, then, x["noise"])}
        if sampler == "ddim":
            return {name: ddim(noisy, picture, now, then)}
        return {name: dpmpp_2m(noisy, picture, x.get("before"), last, now, then), "before": picture}

    def picture(self, noisy: Tensor, says: Tensor, now: Level) -> Tensor:
        """What the network takes for the picture, (B, C, H, W), kept to -1..1 as pictures are."""
        if self.prediction == "v":
            return (now.alpha * noisy - now.sigma * says).clamp(-1, 1)
        return ((noisy - now.sigma * says) / now.alpha).clamp(-1, 1)


PLUGIN = Ddpm
