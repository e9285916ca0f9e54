"""Flow matching: learn the straight way from noise to pictures (Lipman et al. 2023; Liu et al. 2023)."""

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
from workers.families.pictures import ROLES, pictures
from workers.nets.unet import TIMES

VELOCITY = "velocity"
SOLVERS = ("heun", "euler")


class FlowControls(denoising.DenoisingControls):
    """What may be chosen each time a picture is made."""

    num_inference_steps: int = knob(
        20, low=1, high=TIMES, unit="steps", title="Steps", title_zh="采样步数",
        help="Steps from noise to picture; time grows with them. Enough: heun 10 to 30, euler 30 to 100.",
        help_zh="从噪声到图像的步数，耗时与之成正比；heun 约需 10 至 30 步，euler 30 至 100 步。",
    )  # fmt: skip
    solver: Literal["heun", "euler"] = knob(
        "heun", title_zh="求解器", advanced=True,
        choices={
            "heun": ("Heun, two looks a step", "Heun（每步计算两次）"),
            "euler": ("Euler, one look a step", "Euler（每步计算一次）"),
        },
        help="How a step follows the flow: Heun's error falls with the square of the number of steps.",
        help_zh="每步如何沿流前进：Heun 的误差随步数的平方减小。",
    )  # fmt: skip


class FlowMatching(Plugin):
    """Mean squared error of the velocity on the straight way from noise (t = 0) to a picture (t = 1)."""

    name: ClassVar[str] = "flow_matching"
    title: ClassVar[str] = "Flow matching"
    title_zh: ClassVar[str] = "流匹配（Flow matching）"
    summary: ClassVar[str] = "Diffusion's quality with a simpler theory and fewer steps; pictures class by class."
    summary_zh: ClassVar[str] = "质量与扩散模型相当，原理更简单、步数更少；可指定类别。"
    roles: ClassVar[Mapping[str, Role]] = ROLES
    sampling: ClassVar[Sampling] = "denoise"
    controls: ClassVar[type[Controls]] = FlowControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = (denoising.NETWORK, denoising.ADAPTERS)
    defaults: ClassVar[Mapping[str, Any]] = denoising.DEFAULTS
    presets: ClassVar[tuple[Preset, ...]] = denoising.PRESETS
    good_for: ClassVar[str] = "Pictures of high quality in few steps, of a class that is asked for."
    good_for_zh: ClassVar[str] = "以较少步数生成高质量图像，可指定类别。"
    not_for: ClassVar[str] = "Sampling in an instant: a picture still takes 10 to 60 runs of the network."
    not_for_zh: ClassVar[str] = "即时采样：每张图像仍需运行网络 10 至 60 次。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = denoising.TOY | {"stages": 1, "attention_px": 0}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 8, 8)),))

    times: Literal["uniform", "logit_normal"] = knob(
        "logit_normal", title_zh="时刻分布", advanced=True,
        choices={
            "uniform": ("all alike", "均匀"),
            "logit_normal": ("more from the middle (logit-normal)", "偏重中段（logit-normal）"),
        },
        help="Which times the network learns at: the middle of the way is the hardest.",
        help_zh="训练时各时刻的抽取方式：中段最难学。",
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
        """Somewhere between noise and picture, the network learns which way it goes (Lipman et al. 2023, eq. 23)."""
        real = augmented(pictures(batch), self.augment, rng)  # (B, C, H, W)
        error = self.error(nets, real, rng, denoising.labels(self, batch, rng))
        yield Phase((denoising.learner(self),), {VELOCITY: error})

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> dict[str, Tensor]:
        """The squared error on unseen pictures: once it grows, the data are being learned by heart."""
        return {VELOCITY: self.error(nets, pictures(batch), rng, denoising.labels(self, batch))}

    def error(self, nets: Nets, real: Tensor, rng: Streams, label: tuple[Tensor, ...]) -> Tensor:
        """Mean squared error of the velocity for pictures (B, C, H, W), (B,)."""
        noise, place = rng.normal("noise", *real.shape).to(real), self.places(rng, len(real)).to(real.device)
        t = (place / TIMES)[:, None, None, None]
        says = denoising.run(nets, torch.lerp(noise, real.float(), t), place, *label).float()
        return (says - (real - noise)).square().flatten(1).mean(1)

    def places(self, rng: Streams, count: int) -> Tensor:
        """Times to learn at, (count,) int64 below TIMES: uniform, or logit-normal (Esser et al. 2024, eq. 19)."""
        if self.times == "uniform":
            return rng.integers("t", 0, TIMES, count)
        return (rng.normal("t", count).sigmoid() * TIMES).long().clamp_max(TIMES - 1)

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: a picture on its way, its time and its class in, the velocity out."""
        return denoising.graph(self, nets, spec, VELOCITY)

    def draws_noise(self, controls: FlowControls) -> bool:
        """No step takes fresh noise."""
        return False

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One step; `t` (B,) counts them from 0. Heun's last is one of Euler's (Karras et al. 2022, algorithm 1)."""
        ((name, begun),) = x.items()  # (B, C, H, W)
        steps, place = int(cond["num_inference_steps"][0]), int(t[0])  # type: ignore[index]
        now, then = (round(one * TIMES / steps) for one in (place, place + 1))
        share = (then - now) / TIMES
        velocity = self.velocity(call, name, begun, now, cond)
        ahead = begun + share * velocity
        if SOLVERS[int(cond["solver"][0])] == "heun" and then < TIMES:
            velocity = (velocity + self.velocity(call, name, ahead, then, cond)) / 2
            ahead = begun + share * velocity
        return {name: ahead}

    def velocity(self, call: Call, name: str, x: Tensor, place: int, cond: Fields) -> Tensor:
        """Where `x` (B, C, H, W) goes at that time."""
        return denoising.guided(self, call, {name: x}, torch.full((len(x),), place), cond, VELOCITY)


PLUGIN = FlowMatching
