"""What a training would need, by a few of its steps on made-up items: memory and time; no data are read.

Run it in a process that has computed nothing yet: on a CPU, memory is its peak beyond what it held before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from workers.contracts import Fields, Reporter, Spec
from workers.engine import memory
from workers.engine.device import Compute
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.sources import Source
from workers.engine.streams import generator

BUDGET_S = 3.0  # of computing in all; larger batches than fit into it are told from smaller ones
SHORT_S = 0.3  # a step that is worth a second look
NEAR = 0.9  # of the memory: what may be planned with
ADAM_BYTES = 8  # of two moments for each weight, where nothing could be tried
SEED = "probe"


@dataclass(frozen=True)
class Need:
    """What a batch of one size takes: bytes at the peak beyond an idle process, seconds a step."""

    batch_size: int
    memory_bytes: int
    step_s: float
    measured: bool = True


def items_of(spec: Spec, count: int) -> Fields:
    """Random items of a spec, (count, *shape) for each field; sequences are as long as they can be."""
    draws, made = generator(SEED, 0, "items"), {}
    longest = max((part.shape[0] for part in spec.of_kind("token") if part.shape), default=1)
    for part in spec.fields:
        shape = (count, *part.shape)
        if part.kind == "length":
            made[part.name] = torch.full(shape, longest)
        elif part.size:
            made[part.name] = torch.randint(0, part.size, shape, generator=draws)
        else:
            made[part.name] = torch.rand(shape, generator=draws) * 2 - 1
    return made


def parameters_of(family: Any, spec: Spec) -> tuple[dict[str, int], dict[str, int]]:
    """Weights that learn, by network; and the bytes of weights, gradients, optimisers, averages, nothing allocated."""
    with torch.device("meta"):
        nets: dict[str, Module] = family.build(spec)
    counts = {name: sum(one.numel() for one in net.parameters()) for name, net in nets.items()}
    held = {name: size_of(net.state_dict()) for name, net in nets.items()}
    trained = sum(one.numel() for net in nets.values() for one in net.parameters() if one.requires_grad)
    sizes = {"weights": sum(held.values()), "gradients": 4 * trained, "optimizers": ADAM_BYTES * trained}
    return counts, sizes | {"averages": sum(held[name] for name in family.averaged)}


def size_of(tensors: Mapping[str, Tensor]) -> int:
    """Bytes of these tensors."""
    return sum(one.numel() * one.element_size() for one in tensors.values())


class Probe:
    """A training on made-up items that is asked for one step after another."""

    def __init__(
        self, family: Any, loop: LoopParameters, specs: Mapping[str, Spec], spec: Spec, compute: Compute,
        folder: Path, report: Reporter,
    ) -> None:  # fmt: skip
        self.idle_bytes, self.compute, self.loop = memory.taken(), compute, loop
        self._bound()
        sources = {role: Source(items_of(part, loop.batch_size), dict) for role, part in specs.items()}
        self.training = Training(
            family=family, loop=loop, spec=spec, sources=sources, seed=SEED, compute=compute, folder=folder,
            report=report,
        )  # fmt: skip
        self.training.loop = loop.model_copy(update={"batch_size": 1})
        self.training.step()  # optimisers begin, kernels are chosen

    def _bound(self) -> None:
        """On a GPU that is at work, take at most half of what is free: the probe must not end a training."""
        if self.compute.device.startswith("cuda"):
            free, total = torch.cuda.mem_get_info(self.compute.device)
            torch.cuda.set_per_process_memory_fraction(free / total / 2)

    def need(self, batch_size: int) -> Need:
        """The faster of two steps, if they are short, and the peak of both."""
        self.training.loop = self.loop.model_copy(update={"batch_size": batch_size})
        on_gpu = self.compute.device.startswith("cuda")
        if on_gpu:
            torch.cuda.reset_peak_memory_stats()
        else:
            memory.reset_peak()
        times: list[float] = []
        while not times or (len(times) < 2 and times[0] < SHORT_S):
            began = time.perf_counter()
            self.training.step()
            times.append(time.perf_counter() - began)
        peak = torch.cuda.max_memory_allocated() if on_gpu else memory.taken("VmHWM") - self.idle_bytes
        return Need(batch_size, max(0, peak), min(times))

    def optimizer_bytes(self) -> int:
        """Bytes that the optimisers hold."""
        states = [state for one in self.training.state.optimizers.values() for state in one.state.values()]
        return sum(size_of({k: v for k, v in state.items() if isinstance(v, Tensor)}) for state in states)


def halves(batch_size: int) -> list[int]:
    """The batch size, half of it and so on to one, rounded up."""
    found = [batch_size]
    while found[-1] > 1:
        found.append((found[-1] + 1) // 2)
    return found


def measured(need: Callable[[int], Need], batch_size: int, free_bytes: int, budget_s: float = BUDGET_S) -> list[Need]:
    """Needs of batches that grow by about eight: two in any case, since one alone tells nothing of what grows.

    The others as far as time and half of the free memory allow, by what the smaller ones took.
    """
    found: list[Need] = []
    began = time.monotonic()
    for size in sorted(halves(batch_size)[::3]):
        if len(found) > 1:
            expected = predicted(found, size)
            late = time.monotonic() - began + expected.step_s > budget_s
            if late or expected.memory_bytes > free_bytes / 2:
                break
        try:
            found.append(need(size))
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error) or not found:
                raise
            break
    return found


def predicted(found: list[Need], batch_size: int) -> Need:
    """By a straight line through the two largest that were measured; of one alone, in proportion to the items."""
    last = found[-1]
    before = found[-2] if len(found) > 1 else Need(0, 0, 0.0)
    along = (batch_size - last.batch_size) / (last.batch_size - before.batch_size)
    grown = max(0, last.memory_bytes - before.memory_bytes), max(0.0, last.step_s - before.step_s)
    return Need(batch_size, round(last.memory_bytes + along * grown[0]), last.step_s + along * grown[1], False)
