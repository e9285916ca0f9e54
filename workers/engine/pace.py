"""Which number format and which order in memory suit a model: two steps of each on made-up items, before it begins.

On a CPU the time is that of one thread, in which neighbours have little part.

What was found is kept with the training and used on every resume. Two trainings of one order may find different things
where the ways are nearly alike; who wants the same bits twice asks for a precision, and nothing is tried.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models_store.errors import ProductError
from workers.contracts import Spec
from workers.engine import memory
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.probe import items_of
from workers.engine.reports import Unheard
from workers.engine.sources import Source

LEAST_STEPS = 500  # a shorter training is over before trying has paid
WORTH = 0.9  # of the time of the rule's way: another one must take less
BUDGET_S = 40.0  # after which nothing more is tried
STEPS = 2
ONE = 1  # thread: of several, bf16 on a busy CPU spends most of its time waiting for the others, up to seven times
UNREPORTED = 10_000_000  # steps of a training so long that a few of them say nothing
SEED = "pace"
WHY = "measured, by two steps of each way"


@dataclass(frozen=True)
class Pace:
    """One way, and the seconds of its faster step; infinite where it cannot be gone."""

    way: Compute
    step_s: float

    def __str__(self) -> str:
        return f"{self.way.precision}, {self.way.layout}: {1000 * self.step_s:.3g} ms a step"


def ways(rule: Compute, spec: Spec) -> list[Compute]:
    """The rule's own way first. bf16 is there only where the rule takes it: without hardware it is slow, always."""
    layouts = ["channels_last"]
    if any(len(part.shape) == 3 for part in spec.fields):
        layouts.append("contiguous")
    precisions = ["bf16", "fp32"] if rule.precision == "bf16" else ["fp32"]
    return [replace(rule, precision=number, layout=layout) for number in precisions for layout in layouts]


def step_s(
    way: Compute, family: Any, loop: LoopParameters, specs: Mapping[str, Spec], spec: Spec, batch_size: int
) -> float:
    """Seconds of the faster of STEPS steps after one that does not count."""
    loop = loop.model_copy(update={"batch_size": batch_size, "steps": UNREPORTED})
    sources = {role: Source(items_of(part, batch_size), dict) for role, part in specs.items()}
    try:
        training = Training(
            family=family, loop=loop, spec=spec, sources=sources, seed=SEED, compute=way, folder=Path(),
            report=Unheard(),
        )  # fmt: skip
        training.step()
        return min(_timed(training) for _ in range(STEPS))
    except ProductError:  # random pictures made its losses overflow
        return math.inf
    except (RuntimeError, MemoryError) as error:
        if not memory.ran_out(error):
            raise
        return math.inf


def _timed(training: Training) -> float:
    """Seconds of a step; on a CPU those that it computed, whatever else the machine does meanwhile."""
    clock = time.perf_counter if training.compute.on_gpu else time.process_time
    began = clock()
    training.step()
    training.losses.read()  # on a GPU this waits for all of it
    return clock() - began


def fastest(
    rule: Compute, family: Any, loop: LoopParameters, specs: Mapping[str, Spec], spec: Spec, processes: int = 1
) -> tuple[Compute, list[Pace]]:
    """The choice for this model and what was measured; the rule's own where it is as good, or nothing is tried."""
    options = ways(rule, spec)
    if loop.precision != "auto" or loop.steps < LEAST_STEPS or len(options) == 1:
        return rule, []
    rows = max(1, loop.batch_size // processes)
    found: list[Pace] = []
    began = time.monotonic()
    for way in options:
        if time.monotonic() - began < BUDGET_S:
            found.append(Pace(way, step_s(replace(way, threads=ONE), family, loop, specs, spec, rows)))
    best = min(found, key=lambda one: one.step_s)
    way = best.way if best.step_s < WORTH * found[0].step_s else rule
    return replace(way, why=WHY), found
