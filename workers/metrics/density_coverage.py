"""Precision, recall, density and coverage on a named feature network (Kynkäänniemi et al. 2019; Naeem et al. 2020)."""

from __future__ import annotations

from typing import ClassVar, Literal

from workers.contracts import Figure, Plugin, Sample, knob
from workers.metrics.embedded import at_most, both
from workers.metrics.embedders import network_name
from workers.metrics.neighbours import reaches, within
from workers.metrics.recognition import NotMeasurable
from workers.metrics.resampling import mean, share


class DensityCoverage(Plugin):
    """How real made pictures look to a network that never saw the data, and how much of the data they reach."""

    name: ClassVar[str] = "density_coverage"
    title: ClassVar[str] = "Density and coverage"
    title_zh: ClassVar[str] = "密度与覆盖率"
    summary: ClassVar[str] = "How densely made pictures lie among real ones in a feature network, and what they cover."
    summary_zh: ClassVar[str] = "生成图像在特征网络中落在真实图像之间的密度，以及覆盖的范围。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "higher"
    headline: ClassVar[str] = f"coverage_{network_name()}"

    neighbours: int = knob(
        5, low=1, high=50, help="k: neighbours that span the manifold.", help_zh="近邻数 k。", title_zh="近邻数"
    )
    most: int = at_most(5000)

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`precision_`, `density_` over made items, `recall_`, `coverage_` over real ones, each `..._NETWORK`.

        Density (Naeem et al. 2020, eq. 3) may be above 1; coverage (eq. 4) is that of the balls around real items.
        """
        theirs, ours, network = both(real, made, self.most, seed)
        if (fewest := min(len(theirs), len(ours))) <= self.neighbours:
            raise NotMeasurable(
                "Too few items for that many neighbours.", field="neighbours", expected=f"< {fewest}",
                got=self.neighbours,
            )  # fmt: skip
        counts, covered = within(ours, theirs, reaches(theirs, self.neighbours))
        reached, _ = within(theirs, ours, reaches(ours, self.neighbours))
        return {
            f"precision_{network.name}": share(counts > 0, seed),
            f"recall_{network.name}": share(reached > 0, seed),
            f"density_{network.name}": mean(counts.double() / self.neighbours, seed),
            f"coverage_{network.name}": share(covered, seed),
        }


PLUGIN = DensityCoverage
