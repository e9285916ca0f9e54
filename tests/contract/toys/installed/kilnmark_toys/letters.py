"""Family `toy_letters`: text by two graphs, one that remembers and one that chooses; a state of it counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from torch.optim import Adam, Optimizer

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

ROUND = 4  # the count goes round
STATES = ("memory", "count")


class Remember(nn.Module):
    """A simple recurrent network (Elman 1990) that also knows the count."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(tokens, width), nn.Embedding(ROUND, width)
        self.before = nn.Linear(width, width)

    def forward(self, token: Tensor, memory: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
        """Token (B,), memory (B, width), count (B,) to the next memory and count."""
        return (self.token(token) + self.place(count) + self.before(memory)).tanh(), (count + 1) % ROUND


class Choose(nn.Module):
    """Memory to the next token, by the Gumbel-max trick (Gumbel 1954)."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.head = nn.Linear(width, tokens)

    def forward(self, memory: Tensor, noise: Tensor) -> Tensor:
        """(B, width) and normal noise (B, tokens) to (B,) int64."""
        uniform = (0.5 * (1 + torch.erf(noise / math.sqrt(2)))).clamp(1e-6, 1 - 1e-6)
        return (self.head(memory) - (-uniform.log()).log()).argmax(1)


class ToyLetters(Plugin):
    """Each token from those before it."""

    name: ClassVar[str] = "toy_letters"
    title: ClassVar[str] = "Toy: letters"
    title_zh: ClassVar[str] = "玩具：字母"
    summary: ClassVar[str] = "Learns text letter by letter."
    summary_zh: ClassVar[str] = "逐字母学习文本。"
    roles: ClassVar[Mapping[str, Role]] = {"data": Role("dataset_version", modalities=("text",))}
    sampling: ClassVar[Sampling] = "autoregressive"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec(
        "text", (Field("text", "token", (6,), 4, ("", "a", "b", "c")), Field("length", "length"))
    )

    width: int = knob(
        8, low=1, high=256, shapes=True, title_zh="宽度", help="Numbers of memory.", help_zh="记忆的维数。"
    )
    lr: float = knob(0.02, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """One sequence of tokens."""
        if len(spec.of_kind("token")) != 1:
            raise InvalidInput(
                "toy_letters learns one text per item.", field="data", expected=1, got=len(spec.of_kind("token"))
            )

    def build(self, spec: Spec) -> dict[str, nn.Module]:
        tokens = spec.of_kind("token")[0].size or 0
        return {"remember": Remember(tokens, self.width), "choose": Choose(tokens, self.width)}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {name: Adam(net.parameters(), self.lr) for name, net in nets.items()}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        text, length = batch["text"], batch["length"]  # (B, L), (B,)
        memory = torch.zeros(len(text), self.width, device=text.device)
        count, seen = torch.zeros_like(length), []
        for token in pad(text, (1, -1)).unbind(1):
            memory, count = nets["remember"](token, memory, count)
            seen.append(cast(Choose, nets["choose"]).head(memory))
        nats = cross_entropy(torch.stack(seen, 2).float(), text, reduction="none")  # (B, L)
        own = torch.arange(text.shape[1], device=text.device) < length[:, None]
        yield Phase(("remember", "choose"), {"nats": (nats * own).sum(1) / length})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        part = spec.of_kind("token")[0]
        token = Port(part.name, "token", (), "int64", part.size)
        memory, count = Port("memory", "state", (self.width,)), Port("count", "state", (), "int64", ROUND)
        told = (Port("next_memory", "state", (self.width,)), Port("next_count", "state", (), "int64", ROUND))
        hidden, noise = Port("hidden", "field", (self.width,)), Port("noise", "noise", (part.size or 0,))
        return {
            "remember": Graph(nets["remember"], (token, memory, count), told),
            "choose": Graph(nets["choose"], (hidden, noise), (token,)),
        }

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        noise, last = x["noise"], {name: value for name, value in x.items() if name != "noise"}
        kept = call("remember", **last)
        chosen = call("choose", hidden=kept["next_memory"], noise=noise)
        return chosen | {name: kept[f"next_{name}"] for name in STATES}
