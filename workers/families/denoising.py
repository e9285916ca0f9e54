"""What families that go from noise to pictures step by step have in common: knobs, the U-Net and its graph, guidance.

Plain functions, called where they fit. What the network learns to say, and how a step follows from it, are a family's
own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Adam, Optimizer

from models_store.errors import InvalidInput
from workers.contracts import Call, Controls, Fields, Graph, Nets, Port, Preset, Spec, Streams, knob
from workers.families.pictures import class_of_each, unfit
from workers.nets.low_rank import LowRank, matrices
from workers.nets.unet import TIMES, Attention, UNet

UNKNOWN, FIRST = 0, 1  # the number of an unknown class, and of the first known one
SMALLEST_PX = 8
NETWORK, ADAPTERS = "denoiser", "adapters"
DEFAULTS: Mapping[str, Any] = {"steps": 4000, "batch_size": 64, "average_decay": 0.999, "sample_every": 1000}
PRESETS = (
    Preset(
        "quick", "Quick look", "快速试看",
        {"steps": 1000, "width": 32, "stages": 2, "average_decay": 0.99, "sample_every": 250},
    ),
    Preset("balanced", "Balanced", "均衡", {}),
    Preset(
        "small_pictures", "Pictures of up to 32 px, by class", "32 像素以内、按类别的图像",
        {"steps": 3500, "width": 48, "stages": 2, "average_decay": 0.9985, "sample_every": 500},
    ),
    Preset(
        "overnight", "Overnight", "整夜训练",
        {"steps": 100_000, "width": 128, "blocks": 2, "average_decay": 0.9999, "sample_every": 5000,
         "checkpoint_every": 500},
    ),
)  # fmt: skip
TOY: Mapping[str, Any] = {"width": 4, "stages": 2, "blocks": 1, "attention_px": 2}
BETAS = (0.9, 0.99)  # of Adam; its own 0.999 remembers for longer than a short training lasts


class DenoisingControls(Controls):
    """What may be chosen each time a picture is made."""

    label: str = knob(
        "", of_spec="condition", needs_classes=True, title="Class", title_zh="类别",
        help="The class of the picture; open: any.", help_zh="图像的类别；留空则随机。",
    )  # fmt: skip
    guidance_scale: float = knob(
        1.0, low=0.0, high=20.0, needs_classes=True, title="Guidance", title_zh="引导强度",
        help="1 keeps to the data; 2 to 4 make the class clearer and the pictures more alike, at twice the time.",
        help_zh="1 忠于数据；2 至 4 使类别更鲜明而样本更相似，耗时加倍。",
    )  # fmt: skip


def width(default: int) -> Any:
    """The knob `width`."""
    return knob(
        default, low=4, high=512, shapes=True, title_zh="通道数",
        help="Channels of the first stage; cost grows with its square.",
        help_zh="第一级的通道数；开销随其平方增长。",
    )  # fmt: skip


def patch(default: int) -> Any:
    """The knob `patch`."""
    return knob(
        default, low=1, high=8, shapes=True, advanced=True, divides_sides=True, unit="px", title="Patch",
        title_zh="图块边长",
        help="So many pixels across are one place for the network: 2 is about twice as fast as 1 with half the width.",
        help_zh="网络把边长为此数的像素块视为一个位置；取 2 比取 1（宽度减半）约快一倍。",
    )  # fmt: skip


def stages(default: int) -> Any:
    """The knob `stages`."""
    return knob(
        default, low=1, high=6, shapes=True, title_zh="级数",
        help="Sizes that the network looks at a picture in, each half of the one before.",
        help_zh="网络观察图像的尺度数，每级边长减半。",
    )  # fmt: skip


def blocks(default: int) -> Any:
    """The knob `blocks`."""
    return knob(
        default, low=1, high=6, shapes=True, advanced=True, title_zh="每级残差块数",
        help="Residual blocks at each stage.", help_zh="每级的残差块数量。",
    )  # fmt: skip


def attention_px(default: int) -> Any:
    """The knob `attention_px`."""
    return knob(
        default, low=0, high=64, shapes=True, advanced=True, unit="px", title="Attention up to",
        title_zh="注意力最大边长",
        help="Stages of at most this side have attention, which sees the whole picture at once; 0: none.",
        help_zh="边长不超过此值的各级带有注意力（一次看到整幅图像）；0 表示不用。",
    )  # fmt: skip


def dropout() -> Any:
    """The knob `dropout`."""
    return knob(
        0.0, low=0.0, high=0.9, advanced=True, title_zh="丢弃率",
        help="Share that is dropped inside blocks while training: 0.1 to 0.3 for small data sets.",
        help_zh="训练时残差块内随机丢弃的比例：数据少时可取 0.1 至 0.3。",
    )  # fmt: skip


def use_classes() -> Any:
    """The knob `use_classes`."""
    return knob(
        True, shapes=True, tells_classes=True, title_zh="使用类别",
        help="Learn the classes, where there are some, so that one can be asked for.",
        help_zh="数据有类别时学习类别，采样时即可指定。",
    )  # fmt: skip


def class_dropout() -> Any:
    """The knob `class_dropout` (Ho & Salimans 2022, algorithm 1, p_uncond)."""
    return knob(
        0.1, low=0.02, high=0.9, advanced=True, title_zh="类别隐藏率",
        help="How often the network is not told the class while it learns: guidance compares with that.",
        help_zh="训练时不告知类别的比例；引导以此为对照。",
    )  # fmt: skip


def learning_rate(default: float) -> Any:
    """The knob `lr`."""
    return knob(
        default, low=1e-6, high=1e-1, title="Learning rate", title_zh="学习率", help="Learning rate of Adam.",
        help_zh="Adam 的学习率。",
    )  # fmt: skip


def adapter_rank() -> Any:
    """The knob `adapter_rank`."""
    return knob(
        0, low=0, high=64, advanced=True, needs_parent=True, title="Rank of adapters", title_zh="适配器秩",
        help="Learn small changes of the attention of a parent model and leave the rest as it is: 4 to 16 for few "
        "pictures; 0 learns every weight.",
        help_zh="仅学习父模型注意力权重的低秩变化（LoRA），其余权重不变：数据少时取 4 至 16；0 表示学习全部权重。",
    )  # fmt: skip


def check(family: Any, spec: Spec) -> None:
    """One picture per item, of at least SMALLEST_PX; adapters have attention to adapt."""
    image = spec.of_kind("continuous")
    shape = image[0].shape if len(image) == 1 else ()
    whole = all(side % family.patch == 0 and side >= SMALLEST_PX for side in shape[1:])
    if len(shape) != 3 or shape[0] not in (1, 3, 4) or not whole:
        expected = f"one picture of 1, 3 or 4 channels, at least {SMALLEST_PX} px, a multiple of {family.patch} (patch)"
        raise unfit(f"{family.name} learns one picture per item, in patches that fill it.", spec, expected=expected)
    coarsest_px = math.ceil(max(shape[1:]) // family.patch / 2 ** (family.stages - 1))
    if family.adapter_rank and coarsest_px > family.attention_px:
        raise InvalidInput(
            "Adapters change attention, and this network has none: learn all weights, by an adapter_rank of 0.",
            field="params.adapter_rank", expected=0, got=family.adapter_rank,
        )  # fmt: skip


def build(family: Any, spec: Spec) -> dict[str, Module]:
    """The U-Net of these knobs for the one picture in `spec`."""
    shape = spec.of_kind("continuous")[0].shape
    net = UNet(
        shape[0], max(shape[1:]), width=family.width, stages=family.stages, blocks=family.blocks,
        attention_px=family.attention_px, classes=known(family, spec), dropout=family.dropout,
        patch=family.patch,
    )  # fmt: skip
    adapters = LowRank(net, matrices(net, Attention, ("qkv", "out")), family.adapter_rank)
    return {NETWORK: net.requires_grad_(not family.adapter_rank), ADAPTERS: adapters}


def learner(family: Any) -> str:
    """The network that learns: all of the U-Net, or adapters beside one that stays."""
    return ADAPTERS if family.adapter_rank else NETWORK


def known(family: Any, spec: Spec) -> int:
    """How many classes the network knows; data without classes are of one class, 0 is a network that knows of none."""
    return max(1, len(spec.classes)) if family.use_classes else 0


def run(nets: Nets, x: Tensor, t: Tensor, *label: Tensor) -> Tensor:
    """What the network says of x (B, C, H, W) at t (B,), with what its adapters have learned."""
    adapters = nets[ADAPTERS]
    return adapters.run(nets[NETWORK], x, t, *label) if adapters.names else nets[NETWORK](x, t, *label)


def optimizers(family: Any, nets: Nets) -> dict[str, Optimizer]:
    """Adam (Kingma & Ba 2015)."""
    name = learner(family)
    return {name: Adam(nets[name].parameters(), family.lr, BETAS, fused=True)}


def labels(family: Any, batch: Fields, rng: Streams | None = None) -> tuple[Tensor, ...]:
    """What the network is told of the class, ((B,) int64,) or nothing; with `rng` some are UNKNOWN, drawn by item."""
    if not family.use_classes:
        return ()
    label = class_of_each(batch) + FIRST
    if rng is None or "condition" not in batch:
        return (label,)
    hidden = rng.uniform("hidden", len(label)).to(label.device) < family.class_dropout
    return (label.masked_fill(hidden, UNKNOWN),)


def graph(family: Any, nets: Nets, spec: Spec, told: str) -> dict[str, Graph]:
    """One graph: noisy pictures, times and classes in, what the network says out, under the name `told`."""
    image, classes = spec.of_kind("continuous")[0], known(family, spec)
    label = (Port("label", "condition", (), "int64", classes + FIRST),) if classes else ()
    noisy, says = Port(image.name, "field", image.shape), Port(told, "field", image.shape)
    time = Port("t", "t", (), "int64", TIMES)
    return {NETWORK: Graph(nets[ADAPTERS].merged(nets[NETWORK]), (noisy, time, *label), (says,))}


def guided(family: Any, call: Call, x: Fields, t: Tensor, cond: Fields, told: str) -> Tensor:
    """What the network says of `x` {name: (B, C, H, W)} at t (B,), led by classes (Ho & Salimans 2022, eq. 6).

    Their w is guidance_scale - 1. With and without class are two calls of the same shape, and an item that is not led
    takes the first as it is, so that its bits do not depend on the company it is in.
    """
    if not family.use_classes:
        return call(NETWORK, **x, t=t)[told]
    with_class = call(NETWORK, **x, t=t, label=cond["label"] + FIRST)[told]
    led = cond["guidance_scale"] != 1
    if not led.any():
        return with_class
    without = call(NETWORK, **x, t=t, label=torch.full_like(cond["label"], UNKNOWN))[told]
    mixed = without + cond["guidance_scale"][:, None, None, None] * (with_class - without)
    return torch.where(led[:, None, None, None], mixed, with_class)
