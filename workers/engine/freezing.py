"""Which weights of a training stay as its parent left them: chosen by patterns over `network/parameter`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from torch.nn import Module

from models_store.errors import InvalidInput

NAMED = 200  # weights at most that an error lists


class NothingMatches(InvalidInput):
    """A pattern of `freeze` is the name of no weight."""

    code = "freeze_matches_nothing"


class NothingLearns(InvalidInput):
    """With these patterns no weight is left to learn: freeze fewer."""

    code = "freeze_leaves_nothing"


@dataclass
class Frozen:
    """Layers all of whose weights are frozen, which are used as they are sampled: their running means stay too."""

    layers: list[Module] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # `network/parameter` of every frozen weight

    def hold(self) -> None:
        """Before each step, since whoever draws from a network puts all of it back into training."""
        for layer in self.layers:
            layer.training = False


def patterns_of(said: str) -> list[str]:
    """`"encoder/*, decoder/body.0.*"` as its patterns."""
    return [one for one in said.replace(",", " ").split() if one]


def freeze(nets: Mapping[str, Module], patterns: Sequence[str]) -> Frozen:
    """Take the weights that a pattern names (fnmatch, over `network/parameter`) out of the learning.

    Raises NothingMatches for a pattern without any weight, NothingLearns where every weight is frozen.
    """
    if not patterns:
        return Frozen()
    weights = {f"{name}/{key}": weight for name, net in nets.items() for key, weight in net.named_parameters()}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in weights):
            raise NothingMatches(field="params.freeze", expected=list(weights)[:NAMED], got=pattern)
    names = [name for name in weights if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if not any(weight.requires_grad for name, weight in weights.items() if name not in names):
        raise NothingLearns(
            field="params.freeze", expected=f"fewer than all {len(weights)} weights", got=list(patterns)
        )
    for name in names:
        weights[name].requires_grad_(False)
    layers = [layer for net in nets.values() for layer in net.modules() if _whole(layer)]
    return Frozen(layers, names)


def _whole(layer: Module) -> bool:
    own = list(layer.parameters(recurse=False))
    return bool(own) and not any(weight.requires_grad for weight in own)
