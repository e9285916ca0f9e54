"""The gate before release: the exported graph must compute what the trained network computes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models_store.errors import ProductError
from workers.contracts import Graph
from workers.engine.bundle import session
from workers.engine.export import example
from workers.engine.runners import Sampling
from workers.engine.wishes import plain

BATCHES = (1, 7, 64)
TOKENS = 64  # so many steps of an autoregressive model are compared


class ExportMismatch(ProductError):
    """The ONNX graph and the torch network disagree beyond the tolerance."""

    code, http_status, retry = "export_mismatch", 500, False


def compare(graph: Graph, path: Path, batch: int) -> float:
    """The largest |torch - ONNX Runtime| of one call on fresh random inputs; nothing is clamped.

    An output that counts something counts as infinitely far where it is not the same.
    """
    inputs = example(graph.inputs, batch, seed=1000 + batch)
    with torch.no_grad():
        expected = graph.module(*inputs)
    expected = expected if isinstance(expected, tuple | list) else (expected,)
    fed = {port.name: value.numpy() for port, value in zip(graph.inputs, inputs, strict=True)}
    try:
        got = session(path, "cpu", 1).run([port.name for port in graph.outputs], fed)
    except Exception as error:  # ONNX Runtime raises classes of its own that share no base
        raise ExportMismatch(
            "The ONNX graph does not run where the torch network does.", field=f"{path.stem}, batch {batch}",
            expected="any batch size", got=str(error)[:300],
        ) from None  # fmt: skip
    return max(apart(one.numpy(), two) for one, two in zip(expected, got, strict=True))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two arrays; of whole numbers, 0 or infinite."""
    if np.issubdtype(one.dtype, np.floating):
        return float(np.abs(one - other).max())
    return 0.0 if np.array_equal(one, other) else float("inf")


def gate(graphs: Mapping[str, Graph], folder: Path, tolerance: float) -> dict[str, Any]:
    """Compare every graph at every batch size: {batches: {size: difference}, max_abs_diff, tolerance}.

    Raises ExportMismatch, naming graph and batch, where a difference exceeds the tolerance (or is no number).
    """
    batches: dict[str, float] = {}
    for name, graph in graphs.items():
        for batch in BATCHES:
            found = compare(graph, folder / f"{name}.onnx", batch)
            if not found <= tolerance:
                raise ExportMismatch(
                    field=f"{name}, batch {batch}",
                    expected=f"at most {tolerance}",
                    got=found if math.isfinite(found) else str(found),
                )
            batches[str(batch)] = max(found, batches.get(str(batch), 0.0))
    return {"batches": batches, "max_abs_diff": max(batches.values()), "tolerance": tolerance}


def same_tokens(trained: Sampling, exported: Sampling) -> dict[str, int]:
    """Run both over the same noise, token by token: {compared, different}; raises ExportMismatch where one differs.

    Single steps that agree to the last digits can still choose another token, and all that follow are then others.
    """
    controls = trained.family.controls()
    if "length" in type(controls).model_fields:
        controls = controls.model_copy(update={"length": TOKENS})
    compared = different = 0
    for batch in BATCHES:
        wishes = [replace(wish, controls=controls) for wish in plain(f"parity {batch}", range(batch))]
        one, other = trained.fields(wishes), exported.fields(wishes)
        for name, tokens in one.items():
            compared += tokens.numel()
            same = tokens.shape == other[name].shape
            different += int((tokens != other[name]).sum()) if same else tokens.numel()
    if different:
        raise ExportMismatch(field="tokens", expected="the same tokens from the same noise", got=different)
    return {"compared": compared, "different": different}
