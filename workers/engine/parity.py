"""The gate before release: the exported graph must compute what the trained network computes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models_store.errors import ProductError
from workers.contracts import Graph
from workers.engine.export import example
from workers.engine.sampler import session

BATCHES = (1, 7, 64)


class ExportMismatch(ProductError):
    """The ONNX graph and the torch network disagree beyond the tolerance."""

    code, http_status, retry = "export_mismatch", 500, False


def compare(graph: Graph, path: Path, batch: int) -> float:
    """The largest |torch - ONNX Runtime| of one call on fresh random inputs; nothing is clamped."""
    inputs = example(graph.inputs, batch, seed=1000 + batch)
    with torch.no_grad():
        expected = graph.module(*inputs)
    expected = expected if isinstance(expected, tuple | list) else (expected,)
    fed = {port.name: value.numpy() for port, value in zip(graph.inputs, inputs, strict=True)}
    got = session(path, "cpu", 1).run([port.name for port in graph.outputs], fed)
    return max(float(np.abs(one.numpy() - two).max()) for one, two in zip(expected, got, strict=True))


def gate(graphs: Mapping[str, Graph], folder: Path, tolerance: float) -> dict[str, Any]:
    """Compare every graph at every batch size: {batches: {size: difference}, max_abs_diff, tolerance}.

    Raises ExportMismatch, naming graph and batch, where a difference exceeds the tolerance (or is no number).
    """
    batches: dict[str, float] = {}
    for name, graph in graphs.items():
        for batch in BATCHES:
            found = compare(graph, folder / f"{name}.onnx", batch)
            if not found <= tolerance:
                raise ExportMismatch(field=f"{name}, batch {batch}", expected=f"at most {tolerance}", got=found)
            batches[str(batch)] = max(found, batches.get(str(batch), 0.0))
    return {"batches": batches, "max_abs_diff": max(batches.values()), "tolerance": tolerance}
