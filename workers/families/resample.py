"""Resampling: real items drawn again or mixed in pairs, the baseline that a trained model has to be held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, ClassVar, Literal, cast

import torch
from scipy.special import betaincinv
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from models_store.errors import InvalidInput
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
    Role,
    Sampling,
    Spec,
    Streams,
    knob,
)
from workers.families.pictures import PICTURES, pictures, unfit
from workers.nets.item_table import ItemTable, Lookup

LARGEST_TABLE = 500_000_000  # bytes; a value is one byte
SHARES = 256  # values that the share of a mix may take


class Resample(Plugin):
    """The bootstrap (Efron 1979) or mixup (Zhang et al. 2018, section 1: x = s a + (1 - s) b, s of Beta(alpha, alpha)).

    Training is one pass that fills a table; since items come in a seeded order, a table smaller than the data is a
    fair choice of them.
    """

    name: ClassVar[str] = "resample"
    title: ClassVar[str] = "Resampling (baseline, hands out real items)"
    title_zh: ClassVar[str] = "重采样（基线，直接给出真实样本）"
    summary: ClassVar[str] = (
        "A yardstick beside trained models. It learns nothing and keeps real items in the model: what it makes IS "
        "training data, or a blend of two items in which both can be seen. It protects nobody's privacy."
    )
    summary_zh: ClassVar[str] = (
        "与训练模型对照的基线。它不学习，模型内保存真实样本：输出就是训练数据本身，或两个样本的混合（两者均可辨认）。"
        "不提供任何隐私保护。"
    )
    roles: ClassVar[Mapping[str, Role]] = {"data": PICTURES}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = False
    averaged: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 80, "batch_size": 64, "precision": "fp32"}
    good_for: ClassVar[str] = "The figure that a trained model has to beat."
    good_for_zh: ClassVar[str] = "给出训练模型必须超过的指标。"
    not_for: ClassVar[str] = "Anything that leaves the platform: its output is training data."
    not_for_zh: ClassVar[str] = "任何需要流出平台的用途：其输出就是训练数据。"
    tolerance: ClassVar[float] = 1e-6
    toy: ClassVar[Mapping[str, Any]] = {"method": "mixup", "items": 20}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 8, 8)),))

    method: Literal["bootstrap", "mixup"] = knob(
        "bootstrap",
        title_zh="方法",
        choices={
            "bootstrap": ("drawn again (bootstrap)", "重新抽取（bootstrap）"),
            "mixup": ("mixed in pairs (mixup)", "两两混合（mixup）"),
        },
        help="bootstrap: real items as they are. mixup: blends of two real items.",
        help_zh="bootstrap：原样给出真实样本；mixup：两个真实样本的混合。",
    )
    items: int = knob(
        5000,
        low=2,
        high=1_000_000,
        shapes=True,
        unit="items",
        title_zh="保存样本数",
        help="Real items that the model keeps; steps x batch size must reach it to fill the table.",
        help_zh="模型保存的真实样本数；步数 × 批大小达到此数才会填满。",
    )
    mixup_alpha: float = knob(
        0.4,
        low=0.01,
        high=100.0,
        title="Mixup alpha",
        title_zh="mixup 系数（alpha）",
        help="How even a mix is: near 0, almost one of the two; 1, any share alike; large, half and half.",
        help_zh="混合的均匀程度：接近 0 时几乎为其中之一；1 为各比例等可能；很大时接近各半。",
    )

    def check(self, spec: Spec) -> None:
        """One picture per item, and a table that fits into one ONNX file."""
        image = spec.of_kind("continuous")
        if len(image) != 1 or len(image[0].shape) != 3:
            expected = "one picture (channels, height, width)"
            raise unfit("resample takes one picture per item.", spec, expected=expected)
        values = prod(image[0].shape)
        if self.items * values > LARGEST_TABLE:
            raise InvalidInput(
                "So many items of this size make too large a model.",
                field="params.items",
                expected=f"at most {LARGEST_TABLE // values}",
                got=self.items,
            )

    def build(self, spec: Spec) -> dict[str, Module]:
        """An empty table."""
        return {"table": ItemTable(spec.of_kind("continuous")[0].shape, self.items)}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """None: there is nothing to learn."""
        return {}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Keep the batch, and report how far each of its items lies from one drawn at random (root mean square)."""
        real = pictures(batch)  # (B, C, H, W)
        table = cast(ItemTable, nets["table"])
        table.keep(real)
        rows = rng.integers("rows", 0, int(table.filled), len(real)).to(real.device)
        apart = (table.drawn(rows) - real).square().flatten(1).mean(1).sqrt()  # (B,)
        yield Phase((), {"distance": apart})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: noise in, a stored item or a mix of two out."""
        image = spec.of_kind("continuous")[0]
        shares = self.shares() if self.method == "mixup" else None
        noise = Port("noise", "noise", (1 if shares is None else 3,))
        lookup = Lookup(cast(ItemTable, nets["table"]), shares)
        return {"lookup": Graph(lookup, (noise,), (Port(image.name, "field", image.shape),))}

    def shares(self) -> Tensor:
        """Equally likely shares (SHARES,) of the first item in a mix: quantiles of Beta(alpha, alpha)."""
        middles = (torch.arange(SHARES, dtype=torch.float64) + 0.5) / SHARES
        return torch.from_numpy(betaincinv(self.mixup_alpha, self.mixup_alpha, middles.numpy())).float()

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call draws the item; `t` and `cond` are not used."""
        return call("lookup", noise=x["noise"])


PLUGIN = Resample
