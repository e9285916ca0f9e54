"""Training: the engine's loop beside trainers that people use, on the same network objects and batches.

lucidrains' denoising-diffusion-pytorch: its U-Net of 9.2 M parameters, 64 px in colour, batches of 16, v at a random
time, Adam, an average of the weights. As shipped: its defaults (32 bit, PNG files through worker processes, whose time
is not counted) beside ours as chosen by hardware (bf16 and channels-last where the processor has instructions for it).
At equal precision both compute in bf16. pythae: our VAE's fully connected networks, as its own are, in its trainer with
its defaults (32 bit), beside ours as chosen and in 32 bit; it knows no bf16 on a CPU, and keeps no average of the
weights, which ours does. 32 px grey, batches of 64.
Each side runs as its users run it, in a process of its own (benchmarks/trainer_sides.py): ours in the environment that
the platform gives its engine, large pages for tensors included, theirs in the plain one. One thread, CPU time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType

from benchmarks import peers
from benchmarks.timing import Figure, alternating, compared
from benchmarks.trainer_sides import EPOCH
from deploy.home import ROOT
from workers.tasks.child import child_environment

AS_SHIPPED, EQUAL = 1.6, 1.25  # the bars
UNIT = "ms CPU a step"
LUCIDRAINS, PYTHAE = "denoising-diffusion-pytorch", "pythae"
COMPARISONS = (  # name, steps of a run, ours and theirs with their precisions, its name, the bar
    ("U-Net, as shipped", 1, ("our U-Net", "auto"), ("lucidrains", "fp32"), LUCIDRAINS, AS_SHIPPED),
    ("U-Net, both bf16", 1, ("our U-Net", "bf16"), ("lucidrains", "bf16"), LUCIDRAINS, EQUAL),
    ("VAE, as shipped", EPOCH, ("our VAE", "auto"), ("pythae", "fp32"), PYTHAE, AS_SHIPPED),
    ("VAE, both 32 bit", EPOCH, ("our VAE", "fp32"), ("pythae", "fp32"), PYTHAE, EQUAL),
)


class Side:
    """One trainer in its process; `seconds` counts the CPU time of all its runs so far."""

    def __init__(self, name: str, precision: str, environment: Mapping[str, str]) -> None:
        self.seconds = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.trainer_sides", name, precision], cwd=ROOT, env=dict(environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Side:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def run(self) -> None:
        """One run more."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes above
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.seconds += float(self._process.stdout.readline())


def measure(pairs: int) -> dict[str, Figure]:
    """Four comparisons; the trainers come from var/peers."""
    peers.reachable()
    found, place = {}, {"KILNMARK_HOME": os.environ.get("KILNMARK_HOME", "")}
    for name, steps, ours, theirs, against, bar in COMPARISONS:
        with ExitStack() as open_now:
            one = open_now.enter_context(Side(*ours, child_environment() | place))
            other = open_now.enter_context(Side(*theirs, os.environ))
            taken = alternating(one.run, other.run, pairs=pairs, clock=lambda: one.seconds + other.seconds)  # noqa: B023
            found[name] = compared(taken, per=steps, unit=UNIT, against=against, at_least=bar)
    return found
