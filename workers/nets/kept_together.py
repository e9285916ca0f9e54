"""A generator with the discriminator that it learned against, in one module: both are in a bundle's weights."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

GENERATOR = "generator."


class KeptTogether(nn.Module):
    """A generator, and beside it the discriminator that it learned against, which the exported graph leaves out.

    A bundle's weights then hold both: a training that goes on from a good generator and a fresh discriminator would
    begin by unlearning. The discriminator's mode is left alone, since sampling happens amid a training.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.training = generator.training

    def train(self, mode: bool = True) -> KeptTogether:
        self.training = mode
        self.generator.train(mode)
        return self

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        return self.generator(noise) if label is None else self.generator(noise, label)

    def to_adopt(self, kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What a parent kept, with this one's own fresh weights where its discriminator has none of the same shape.

        Bundles of earlier versions hold the generator alone; data of other classes ask for other verdicts.
        """
        if not any(name.startswith(GENERATOR) for name in kept):
            kept = {f"{GENERATOR}{name}": value for name, value in kept.items()}
        own = {name: value for name, value in self.state_dict().items() if not name.startswith(GENERATOR)}
        fresh = {name: value for name, value in own.items() if name not in kept or kept[name].shape != value.shape}
        return {**kept, **fresh}
