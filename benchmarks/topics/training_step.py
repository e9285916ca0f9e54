"""A training step: the engine's loop against one written by hand, on the same networks, optimisers and batch.

Ours is the whole step: it obeys the attempt folder, draws from seeds, averages the weights, checks and reports the
losses. The loop by hand keeps the same averages, with torch's own AveragedModel; beside one that keeps none ours does
more. One thread, precision as the hardware takes it, 32 px grey, batches of 64, CPU time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.bare_training import LOOPS
from benchmarks.timing import Figure, alternating, compared
from workers.contracts import Field, Spec
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import split
from workers.engine.reports import Reports, wants
from workers.engine.sources import Source
from workers.engine.training_state import TrainingState
from workers.plugins import plugin

STEPS = 5  # of one run
ITEMS, CLASSES, SIZE_PX, BATCH = 5000, 10, 32, 64
BAR = 0.97
SPEC = Spec(
    "image",
    (
        Field("image", "continuous", (1, SIZE_PX, SIZE_PX)),
        Field("condition", "condition", (), CLASSES, tuple(map(str, range(CLASSES)))),
    ),
)


def measure(pairs: int) -> dict[str, Figure]:
    """One figure for each family that has a loop of its own in bare_training.py."""
    found = {}
    for name in LOOPS:
        with tempfile.TemporaryDirectory() as folder:
            mine = ours(name, Path(folder))
            taken = alternating(mine, bare(name), pairs=pairs)
            without = alternating(mine, bare(name, averages=False), pairs=pairs)
        unit = "ms CPU a step"
        found[name] = compared(taken, per=STEPS, unit=unit, against="a bare torch loop", at_least=BAR)
        found[f"{name}, no averages"] = compared(without, per=STEPS, unit=unit, against="one that keeps no averages")
    return found


def compute() -> Compute:
    """One thread, so that CPU time is what one waits for."""
    return Compute.choose("cpu", "auto", 1)


def stored() -> dict[str, Tensor]:
    """Pictures and classes as a dataset folder keeps them; any will do."""
    draws = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (ITEMS, 1, SIZE_PX, SIZE_PX), generator=draws, dtype=torch.uint8)
    return {"image": images, "condition": torch.randint(0, CLASSES, (ITEMS,), generator=draws)}


def ours(name: str, folder: Path) -> Callable[[], None]:
    """Some steps of the engine's loop in an attempt folder."""
    family, loop = split(plugin("family", name), {"batch_size": BATCH, "steps": 1_000_000})
    encode = plugin("modality", "image")(size=SIZE_PX).encode
    (folder / "control.json").write_text('{"want": ""}', encoding="utf-8")
    training = Training(
        family=family, loop=loop, spec=SPEC, sources={"data": Source(stored(), encode)}, seed="1", compute=compute(),
        folder=folder, report=Reports(folder), wants=lambda: wants(folder),
    )  # fmt: skip

    def run() -> None:
        for _ in range(STEPS):
            training.obey(training.wants())
            training.step()

    return run


def bare(name: str, *, averages: bool = True) -> Callable[[], None]:
    """As many steps by hand, on networks that began alike."""
    family, loop = split(plugin("family", name), {})
    state = TrainingState.begin(family, SPEC, "1", compute())
    kept = stored()
    items = kept["image"].float().div(127.5).sub(1)
    step = LOOPS[name](state.nets, state.optimizers, items, kept["condition"], compute(), BATCH)

    decay = get_ema_multi_avg_fn(loop.average_decay)
    nets = [state.nets[one] for one in family.averaged] if averages else []
    learning = [net for net in nets if list(net.parameters())]
    kept_nets = [(AveragedModel(net, multi_avg_fn=decay, use_buffers=False), net) for net in learning]

    def run() -> None:
        for _ in range(STEPS):
            step()
            for average, net in kept_nets:
                average.update_parameters(net)

    return run
