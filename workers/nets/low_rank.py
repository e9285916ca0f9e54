"""Adapters of low rank: a small change of some weights is learned beside a network that stays (Hu et al. 2021, eq. 3).

The network's modules are not touched: its changed weights are handed to it for a call while it learns, and are merged
into a copy where it is sampled or exported, so that graphs look as ever.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call


class LowRank(nn.Module):
    """W + up @ down for the matrices (out, in) of a network that `names` says; zero at first. Rank 0 has none."""

    def __init__(self, net: nn.Module, names: Sequence[str], rank: int) -> None:
        super().__init__()
        self.names = tuple(names) if rank else ()
        sizes = [net.get_parameter(name).shape for name in self.names]
        self.downs = nn.ParameterList(nn.Parameter(torch.randn(rank, low) * low**-0.5) for _, low in sizes)
        self.ups = nn.ParameterList(nn.Parameter(torch.zeros(high, rank)) for high, _ in sizes)

    def changed(self, net: nn.Module) -> dict[str, Tensor]:
        """The matrices of `net` with what was learned, by name."""
        pairs = zip(self.names, self.ups, self.downs, strict=True)
        return {name: net.get_parameter(name) + up @ down for name, up, down in pairs}

    def run(self, net: nn.Module, *inputs: Tensor) -> Tensor:
        """`net(*inputs)` with these changes; gradients go to them."""
        return functional_call(net, self.changed(net), inputs)  # type: ignore[no-any-return]

    def merged(self, net: nn.Module) -> nn.Module:
        """A copy of `net` with these changes, or `net` itself where there are none (yet)."""
        if not any(bool(up.any()) for up in self.ups):
            return net
        own = copy.deepcopy(net)
        own.load_state_dict(self.changed(net), strict=False)
        return own


def matrices(net: nn.Module, kind: type[nn.Module], layers: Sequence[str]) -> list[str]:
    """The names of the weights of these linear layers in every module of a kind: `down.1.attention.qkv.weight`."""
    found = (name for name, module in net.named_modules() if isinstance(module, kind))
    return [f"{name}.{layer}.weight" for name in found for layer in layers]
