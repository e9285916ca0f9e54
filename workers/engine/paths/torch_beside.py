"""The networks in torch as a path to compare with; never chosen, since what a bundle holds is ONNX."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from workers.contracts import Graph


class Eager:
    """A graph in torch (opening.Open); in bf16 it runs under autocast, channels last, as torch is fastest on a CPU."""

    def __init__(self, graph: Graph, precision: str) -> None:
        self.graph, self.bf16 = graph, precision == "bf16"
        self.module = copy.deepcopy(graph.module).eval().cpu() if self.bf16 else graph.module.eval().cpu()
        if self.bf16:
            self.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(self, names: Sequence[str] | None, fed: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """All outputs, in the order of the ports."""
        inputs = [torch.from_numpy(fed[port.name]) for port in self.graph.inputs]
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            made = self.module(*inputs)
        made = made if isinstance(made, tuple | list) else (made,)
        return [(one.float() if one.is_floating_point() else one).numpy() for one in made]

    def get_providers(self) -> list[str]:
        """What runs it."""
        return ["torch"]
