"""LSTM: text, token after token, from a state that remembers (Hochreiter & Schmidhuber 1997; Graves 2013)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, cast

import numpy as np
import torch
from pydantic import StringConstraints
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import cross_entropy, pad
from torch.optim import AdamW, Optimizer

from models_store.errors import InvalidInput
from workers.contracts import (
    PARENT,
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
from workers.nets.lstm import LstmStep, TokenLstm

BETAS = (0.9, 0.99)  # of AdamW; its own 0.999 remembers for longer than a short training lasts


class TextControls(Controls):
    """What may be chosen each time a text is made."""

    temperature: float = knob(
        1.0,
        low=0.01,
        high=10.0,
        title_zh="温度",
        help="Below 1 keeps to what is likely, above 1 takes more risks.",
        help_zh="小于 1 更保守、更常见；大于 1 更多样、更冒险。",
    )
    length: int = knob(
        256,
        low=1,
        high=20_000,
        unit="characters",
        title_zh="长度",
        help="Characters at most, the prompt among them.",
        help_zh="最多生成的字符数，含开头文字。",
    )
    prompt: Annotated[str, StringConstraints(max_length=2000)] = knob(
        "",
        of_spec="token",
        title_zh="开头",
        help="A text that every item begins with.",
        help_zh="每个样本都以这段文字开头。",
    )


class Lstm(Plugin):
    """Learns to tell each token from those before it; exported is its average, one step at a time."""

    name: ClassVar[str] = "lstm"
    title: ClassVar[str] = "Recurrent text model (LSTM)"
    title_zh: ClassVar[str] = "循环文本模型（LSTM）"
    summary: ClassVar[str] = "Learns text character by character; small, quick to train, can go on from a prompt."
    summary_zh: ClassVar[str] = "逐字符学习文本；模型小、训练快，可从给定开头续写。"
    roles: ClassVar[Mapping[str, Role]] = {
        "data": Role(takes="dataset_version", modalities=("text",)),
        "parent": PARENT,
    }
    sampling: ClassVar[Sampling] = "autoregressive"
    controls: ClassVar[type[Controls]] = TextControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("network",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 450, "batch_size": 64, "average_decay": 0.98}
    presets: ClassVar[tuple[Preset, ...]] = (
        Preset("quick", "Quick look", "快速试看", {"steps": 150, "width": 128, "sample_every": 50}),
        Preset("balanced", "Balanced", "均衡", {}),
        Preset(
            "overnight", "Overnight", "整夜训练",
            {"steps": 10_000, "width": 512, "dropout": 0.2, "average_decay": 0.999, "sample_every": 500},
        ),
    )  # fmt: skip
    good_for: ClassVar[str] = "Text in any script, from a few thousand characters on; goes on from a prompt."
    good_for_zh: ClassVar[str] = "任意文字的文本，数千字符即可起步；可从开头续写。"
    not_for: ClassVar[str] = "Facts, answers or long arguments: it learns spelling and style, not meaning."
    not_for_zh: ClassVar[str] = "事实、问答或长篇论述：它学到的是拼写与文风，而非含义。"
    tolerance: ClassVar[float] = 1e-4
    toy: ClassVar[Mapping[str, Any]] = {"width": 16, "layers": 2}
    toy_spec: ClassVar[Spec] = Spec(
        "text", (Field("text", "token", (12,), 5, ("", "a", "b", "c", "d")), Field("length", "length"))
    )

    width: int = knob(
        256,
        low=4,
        high=4096,
        shapes=True,
        title_zh="宽度",
        help="Numbers in the state of a layer; cost grows with its square.",
        help_zh="每层状态所含的数字个数；开销随其平方增长。",
    )
    layers: int = knob(2, low=1, high=8, shapes=True, title_zh="层数", help="LSTM layers.", help_zh="LSTM 的层数。")
    dropout: float = knob(
        0.0,
        low=0.0,
        high=0.9,
        title_zh="丢弃率",
        advanced=True,
        help="Share that is dropped between layers while training: more for small data sets and long trainings.",
        help_zh="训练时层间随机丢弃的比例：数据少或训练久时可调大。",
    )
    lr: float = knob(
        4e-3,
        low=1e-6,
        high=1e-1,
        title="Learning rate",
        title_zh="学习率",
        help="Learning rate of AdamW.",
        help_zh="AdamW 的学习率。",
    )
    weight_decay: float = knob(
        0.01,
        low=0.0,
        high=1.0,
        title_zh="权重衰减",
        advanced=True,
        help="How fast weights that are not needed shrink.",
        help_zh="不需要的权重缩小的速度。",
    )

    def check(self, spec: Spec) -> None:
        """One sequence of tokens per item, and how many of them are its own."""
        token, length = spec.of_kind("token"), spec.of_kind("length")
        shape = token[0].shape if len(token) == 1 else ()
        if len(shape) != 1 or (token[0].size or 0) < 2 or len(length) != 1:
            raise InvalidInput(
                "lstm learns one sequence of tokens per item.",
                field="data",
                expected="one field of tokens (length,), of at least two kinds, and one field of lengths",
                got=[{"name": p.name, "kind": p.kind, "shape": list(p.shape), "size": p.size} for p in spec.fields],
            )

    def build(self, spec: Spec) -> dict[str, Module]:
        """One network for the tokens in `spec`."""
        return {"network": TokenLstm(spec.of_kind("token")[0].size or 0, self.width, self.layers, self.dropout)}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        """AdamW (Loshchilov & Hutter 2019)."""
        weights = nets["network"].parameters()
        return {"network": AdamW(weights, self.lr, BETAS, weight_decay=self.weight_decay, fused=True)}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        """Each token from those before it (Graves 2013, eq. 7)."""
        yield Phase(("network",), self.scores(nets, batch, rng))

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> dict[str, Tensor]:
        """`nats_per_char` (B,): the mean cross entropy over the own tokens of an item, begun from the boundary."""
        text = next(value for value in batch.values() if value.dim() == 2)  # (B, L)
        length = batch["length"]  # (B,)
        text = text[:, : int(length.max())]  # filler costs as much as text
        logits = nets["network"](pad(text, (1, -1))).float()  # (B, L, tokens); the boundary is token 0
        nats = cross_entropy(logits.transpose(1, 2), text, reduction="none")  # (B, L)
        own = torch.arange(text.shape[1], device=text.device) < length[:, None]
        return {"nats_per_char": (nats * own).sum(1) / length}

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph: a token and the states in, the next token and states out; chance comes in as noise."""
        token = spec.of_kind("token")[0]
        states = [Port(name, "state", (self.layers, self.width)) for name in ("h", "c")]
        last = Port(token.name, "token", (), "int64", token.size)
        noise, temperature = Port("noise", "noise", (2, token.size or 0)), Port("temperature", "condition", ())
        after = tuple(Port(f"next_{p.name}", p.role, p.shape, p.dtype, p.size) for p in (last, *states))
        return {"step": Graph(LstmStep(cast(TokenLstm, nets["network"])), (last, *states, noise, temperature), after)}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One call says the next token and the states after it; `t` is not used."""
        made = call("step", **x, temperature=cond["temperature"])
        return {name.removeprefix("next_"): value for name, value in made.items()}

    def lean(self, noise: Fields, bias: Tensor) -> Fields:
        """A bonus b on a token is exp(-b) on the exponential that it draws (nets.lstm.drawn_token), its noise squared:
        graphs that were exported before there were marks are leaned as they stand."""
        less = np.exp(bias.numpy() * np.float32(-0.5))  # (B, tokens); NumPy takes half of torch's time for so little
        return {"noise": torch.from_numpy(noise["noise"].numpy() * less[:, None])}


PLUGIN = Lstm
