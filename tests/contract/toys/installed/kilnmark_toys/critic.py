"""Family `toy_critic`: a critic that learns at every step, a maker that learns at every third (n_critic)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, ClassVar

from torch import Tensor, nn
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


class ToyCritic(Plugin):
    """A least-squares critic (Mao et al. 2017, eq. 2) over layers that drop at random."""

    name: ClassVar[str] = "toy_critic"
    title: ClassVar[str] = "Toy: several steps of a critic"
    title_zh: ClassVar[str] = "玩具：多步判别"
    summary: ClassVar[str] = "The critic learns more often than what it judges."
    summary_zh: ClassVar[str] = "判别器比生成器学习得更频繁。"
    roles: ClassVar[Mapping[str, Role]] = {"data": Role("dataset_version", modalities=("image",))}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("maker",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200, "average_decay": 0.9}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 8, 8)),))

    n_critic: int = knob(
        3, low=1, high=10, title_zh="判别步数", help="Steps of the critic for each of the maker.",
        help_zh="生成器每学习一步，判别器学习的步数。",
    )  # fmt: skip
    code: int = knob(
        4, low=1, high=64, shapes=True, title_zh="编码维数", help="Numbers in a code.", help_zh="编码的维数。"
    )
    lr: float = knob(0.02, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """One picture per item."""
        if len(spec.of_kind("continuous")) != 1:
            raise InvalidInput("toy_critic learns one picture per item.", field="data", expected=1)

    def build(self, spec: Spec) -> dict[str, nn.Module]:
        shape = spec.of_kind("continuous")[0].shape
        maker = nn.Sequential(nn.Linear(self.code, prod(shape)), nn.Tanh(), nn.Unflatten(1, shape))
        critic = nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 1))
        return {"maker": maker, "critic": critic}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {name: Adam(net.parameters(), self.lr) for name, net in nets.items()}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        real = batch["image"]  # (B, C, H, W)
        made = nets["maker"](rng.normal("code", len(real), self.code).to(real.device))  # (B, C, H, W)
        on_real, on_made = nets["critic"](real).float(), nets["critic"](made.detach()).float()  # (B, 1)
        yield Phase(("critic",), {"critic": ((on_real - 1).square() + on_made.square()).flatten()})
        if rng.step % self.n_critic == 0:
            yield Phase(("maker",), {"maker": (nets["critic"](made).float() - 1).square().flatten()})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        image = spec.of_kind("continuous")[0]
        code = Port("code", "noise", (self.code,))
        return {"maker": Graph(nets["maker"], (code,), (Port(image.name, "field", image.shape),))}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        return call("maker", code=x["code"])
