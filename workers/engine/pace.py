"""Which number format, which order in memory and how many threads suit a model: two steps of each, before it begins.

The items are made up. On a CPU the time is that of one thread, in which neighbours have little part; then threads are
doubled for as long as a step becomes faster on the clock. Small networks do not: their threads wait for one another.

What was found is kept with the training and used on every resume. Two trainings of one order may find different things
where the ways are nearly alike; who wants the same bits twice asks for a precision, and nothing is tried.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
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
        threads = f"{self.way.threads} thread{'s' if self.way.threads > 1 else ''}"
        return f"{self.way.precision}, {self.way.layout}, {threads}: {1000 * self.step_s:.3g} ms a step"


def ways(rule: Compute, spec: Spec) -> list[Compute]:
    """The rule's own way first. bf16 is there only where the rule takes it: without hardware it is slow, always."""
    layouts = ["channels_last"]
    if any(len(part.shape) == 3 for part in spec.fields):
        layouts.append("contiguous")
    precisions = ["bf16", "fp32"] if rule.precision == "bf16" else ["fp32"]
    return [replace(rule, precision=number, layout=layout) for number in precisions for layout in layouts]


def step_s(
    way: Compute, family: Any, loop: LoopParameters, specs: Mapping[str, Spec], spec: Spec, batch_size: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:  # fmt: skip
    """Seconds, by `clock`, of the faster of STEPS steps after one that does not count."""
    loop = loop.model_copy(update={"batch_size": batch_size, "steps": UNREPORTED})
    sources = {role: Source(items_of(part, batch_size), dict) for role, part in specs.items()}
    try:
        training = Training(
            family=family, loop=loop, spec=spec, sources=sources, seed=SEED, compute=way, folder=Path(),
            report=Unheard(),
        )  # fmt: skip
        training.step()
        return min(_timed(training, clock) for _ in range(STEPS))
    except ProductError:  # random pictures made its losses overflow
        return math.inf
    except (RuntimeError, MemoryError) as error:
        if not memory.ran_out(error):
            raise
        return math.inf


def _timed(training: Training, clock: Callable[[], float]) -> float:
    """Seconds of a step."""
    began = clock()
    training.step()
    training.losses.read()  # on a GPU this waits for all of it
    return clock() - began


def fastest(
    rule: Compute, family: Any, loop: LoopParameters, specs: Mapping[str, Spec], spec: Spec, processes: int = 1
) -> tuple[Compute, list[Pace]]:
    """The choice for this model and what was measured; the rule's own where it is as good, or nothing is tried."""
    if loop.precision != "auto" or loop.steps < LEAST_STEPS:
        return rule, []
    rows = max(1, loop.batch_size // processes)
    began, found = time.monotonic(), list[Pace]()

    def tried(way: Compute, clock: Callable[[], float]) -> bool:
        if time.monotonic() - began >= BUDGET_S:
            return False
        found.append(Pace(way, step_s(way, family, loop, specs, spec, rows, clock)))
        return True

    options = ways(rule, spec)
    clock = time.perf_counter if rule.on_gpu else time.process_time  # what one thread computes, whatever else goes on
    for way in options if len(options) > 1 else []:
        tried(replace(way, threads=ONE), clock)
    best = min(found, key=lambda one: one.step_s, default=None)
    way = best.way if best and best.step_s < WORTH * found[0].step_s else rule
    way = replace(way, threads=rule.threads)
    if not rule.on_gpu and processes == 1:
        way = replace(way, threads=_threads(way, tried, found))
    return (replace(way, why=WHY) if found else rule), found


def _threads(way: Compute, tried: Callable[[Compute, Callable[[], float]], bool], found: list[Pace]) -> int:
    """One, twice as many, and so on up to those of `way`, for as long as more are worth it; on the clock."""
    count, last = 0, math.inf
    for more in counts(way.threads):
        if not tried(replace(way, threads=more), time.perf_counter) or found[-1].step_s >= WORTH * last:
            break
        count, last = more, found[-1].step_s
    return count or way.threads


def counts(threads: int) -> list[int]:
    """1, 2, 4 and so on, and last `threads`; nothing where there is no choice."""
    return [*(2**place for place in range(threads.bit_length()) if 2**place < threads), threads] if threads > 1 else []
