"""How much memory and time would a training take? Answers within seconds, without reading data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch

from workers.contracts import Attempt, Plugin, Role, Spec
from workers.engine import memory, probe
from workers.engine.device import ASKED_FOR, Compute, load
from workers.engine.parameters import split
from workers.engine.sources import joined
from workers.plugins import plugin

AS_BEFORE = "as the last training of such networks"


class Estimate(Plugin):
    """A few steps of the very training, on made-up items."""

    name: ClassVar[str] = "estimate"
    title: ClassVar[str] = "Estimate a training"
    title_zh: ClassVar[str] = "估算训练"
    summary: ClassVar[str] = "Says within seconds what memory and time a training would take, and a batch that fits."
    summary_zh: ClassVar[str] = "数秒内给出训练所需的内存与时间，以及合适的批量大小。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "io"  # on train it would wait for trainings of a night
    roles: ClassVar[Mapping[str, Role]] = {}
    chooses_family: ClassVar[bool] = True
    produces: ClassVar[str] = "estimate"
    stays_warm: ClassVar[bool] = False  # what it held must not be counted with the next

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The result report of docs/engine-folder.md. The order names specs, not data."""
        order = attempt.order
        family, loop = split(plugin("family", order["family"]), order["params"])
        specs = {role: Spec.from_dict(said) for role, said in sorted(order["specs"].items())}
        spec = joined(specs)
        family.check(spec)
        compute = Compute.choose(str(order.get("device", "cpu")), loop.precision, int(order["threads"]))
        if loop.precision == "auto" and (way := order.get("way")):
            compute = replace(compute, precision=way["precision"], layout=way["layout"], why=AS_BEFORE)
        compute = compute.in_parts(loop.micro_batch, ASKED_FOR)
        compute.begin()
        counts, sizes = probe.parameters_of(family, spec)
        busy = load() if compute.device == "cpu" else 0.0
        there, idle = memory_of(compute), 0 if compute.device.startswith("cuda") else memory.taken()
        said = {"parameters": counts, "bytes": sizes, "memory_bytes": there, "idle_bytes": idle, "steps": loop.steps}
        said |= {"load": busy}
        said |= compute.facts(loop.batch_size)
        if idle + sum(sizes.values()) > there:
            return said | {"fits": False, "suggested_batch": None, "batches": [], "step_s": None, "train_s": None}
        tried = probe.Probe(family, loop, specs, spec, compute, attempt.folder, attempt.report)
        found = probe.measured(tried.need, loop.batch_size, there - idle)
        sizes |= {"optimizers": tried.optimizer_bytes()}
        return said | answer(found, loop.batch_size, loop.steps, (there * probe.NEAR - idle), sizes)


def answer(
    found: list[probe.Need], batch_size: int, steps: int, room_bytes: float, sizes: dict[str, int]
) -> dict[str, Any]:
    """What was measured, what follows for other sizes, and the largest of them that fits into `room_bytes`."""
    known = {need.batch_size: need for need in found}
    needs = [known.get(size) or probe.predicted(found, size) for size in probe.halves(batch_size)]
    fitting = [need.batch_size for need in needs if need.memory_bytes <= room_bytes]
    whole = needs[0]
    return {
        "fits": batch_size in fitting,
        "suggested_batch": max(fitting, default=None),
        "batches": [
            {"batch_size": need.batch_size, "memory_bytes": need.memory_bytes, "measured": need.measured,
             "step_s": round(need.step_s, 5), "fits": need.batch_size in fitting}
            for need in needs
        ],
        "bytes": sizes | {"activations": max(0, whole.memory_bytes - sum(sizes.values()))},
        "step_s": round(whole.step_s, 5),
        "train_s": round(whole.step_s * steps, 1),
    }  # fmt: skip


def memory_of(compute: Compute) -> int:
    """Bytes that the device has."""
    if compute.device.startswith("cuda"):
        return int(torch.cuda.get_device_properties(compute.device).total_memory)
    return memory.there_is()


PLUGIN = Estimate
