"""Paths of a published model: a DCGAN of 64 px RGB, its ONNX graph on each path against the network in torch.

Alternating pairs on one thread, CPU time, at batch 1 and 64. The bar holds for the path that is chosen at publishing;
fp32 in ONNX Runtime stands beside it. Where OpenVINO is installed and the processor computes in bf16, its bf16 stands
against torch's bf16 (autocast, channels last) too. Weights are fresh ones, twice as large, so that pictures differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.timing import Figure, alternating, compared
from workers.contracts import Field, Graph, Spec
from workers.engine import bundle_files
from workers.engine.bundle import Bundle
from workers.engine.device import Compute
from workers.engine.export import example
from workers.engine.parameters import split
from workers.engine.paths.candidates import BASELINE
from workers.engine.paths.measuring import Measure
from workers.engine.paths.table import usable
from workers.engine.paths.torch_beside import Eager
from workers.engine.promise import processor_name
from workers.engine.training_state import TrainingState
from workers.plugins import plugin

SIZE_PX, MEASURED_S = 64, 20.0
SPEC = Spec("image", (Field("image", "continuous", (3, SIZE_PX, SIZE_PX)),))
BARS = {1: 3.0, 64: 1.05}
CALLS = {1: 40, 64: 1}  # of one run
STRETCH, OPENVINO_BF16 = 0.9, "openvino_bf16"


def measure(pairs: int) -> dict[str, Figure]:
    """The chosen path, the baseline, and bf16 beside bf16."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            graph, metrics = published(Path(folder))
            return figures(Path(folder), graph, metrics, pairs)
    finally:
        torch.set_num_threads(before)


def figures(folder: Path, graph: Graph, metrics: dict[str, Any], pairs: int) -> dict[str, Figure]:
    """By name, each against torch in pairs of its own."""
    chosen, found = metrics["paths"]["chosen"]["path"], dict[str, Figure]()
    eager = Eager(graph, "fp32")
    for batch, bar in BARS.items():
        for path in dict.fromkeys((chosen, BASELINE.name)):
            ours = called(Bundle.open(folder, "cpu", 1, path).sessions["generator"], graph, batch)
            name, least = f"{path}_batch_{batch}", bar if path == chosen else None
            found[name] = against(ours, called(eager, graph, batch), batch, pairs, "torch fp32", least)
    if OPENVINO_BF16 in usable(metrics["paths"]):
        ours = called(Bundle.open(folder, "cpu", 1, OPENVINO_BF16).sessions["generator"], graph, 64)
        peer = called(Eager(graph, "bf16"), graph, 64)
        found["bf16_batch_64"] = against(ours, peer, 64, pairs, "torch bf16", STRETCH)
    return found


def against(
    ours: Callable[[], None], peer: Callable[[], None], batch: int, pairs: int, name: str, bar: float | None
) -> Figure:
    """ms of CPU a picture."""
    per = batch * CALLS[batch]
    return compared(alternating(ours, peer, pairs=pairs), per=per, unit="ms CPU a picture", against=name, at_least=bar)


def published(folder: Path) -> tuple[Graph, dict[str, Any]]:
    """A bundle with its paths measured; the graph in torch, and metrics.json."""
    family, _ = split(plugin("family", "dcgan"), {})
    nets = TrainingState.begin(family, SPEC, "1", Compute("cpu", "fp32", 1)).exported()
    with torch.no_grad():
        for weight in nets["generator"].parameters():
            weight.mul_(2 if weight.dim() > 1 else 1)
    metrics = bundle_files.write(
        folder, family=family, nets=nets, spec=SPEC, made=SPEC, figures={},
        preprocess={"modality": "image", "params": plugin("modality", "image")(size=SIZE_PX).model_dump(mode="json")},
        measure=Measure(MEASURED_S, 1, "cpu", processor_name()),
    )  # fmt: skip
    return family.graphs(nets, SPEC)["generator"], metrics


def called(run: Any, graph: Graph, batch: int) -> Callable[[], None]:
    """So many calls on the same random input."""
    fed = {port.name: one.numpy() for port, one in zip(graph.inputs, example(graph.inputs, batch), strict=True)}
    names = [port.name for port in graph.outputs]

    def go() -> None:
        for _ in range(CALLS[batch]):
            run.run(names, fed)

    return go
