"""The gate before release: the exported graph must compute what the trained network computes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models_store.errors import ProductError
from workers.contracts import Fields, Graph
from workers.engine.bundle import session
from workers.engine.export import example
from workers.engine.runners import Sampler
from workers.engine.wishes import plain

BATCHES = (1, 7, 64)
TOKENS = 64  # so many steps of an autoregressive model are compared
DRAWS = 3  # a token that differs may be a tie, and a tie does not come again with other noise


class ExportMismatch(ProductError):
    """The ONNX graph and the torch network disagree beyond the tolerance."""

    code, http_status, retry = "export_mismatch", 500, False


def compare(graph: Graph, path: Path, batch: int, draw: int = 0) -> float:
    """The largest |torch - ONNX Runtime| of one call on fresh random inputs, NaN where any is; nothing is clamped.

    An output that counts something counts as infinitely far where it is not the same.
    """
    inputs = example(graph.inputs, batch, seed=1000 * (draw + 1) + batch)
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
    found = [apart(one.numpy(), two) for one, two in zip(expected, got, strict=True)]
    return float(np.max(found))  # which passes on a NaN of any output, as `max` does not


def apart(one: NDArray[Any], other: NDArray[Any], *, relative: bool = False) -> float:
    """The largest difference, or its RMS over that of `one`; of whole numbers 0 or infinite, and NaN where any is."""
    if not np.issubdtype(one.dtype, np.floating):
        return 0.0 if np.array_equal(one, other) else float("inf")
    between = one.astype(np.float64) - other
    if not relative:
        return float(np.abs(between).max())
    size, found = (float(np.sqrt(np.square(part, dtype=np.float64).mean())) for part in (one, between))
    return found / size if size else (0.0 if found == 0 else float("inf"))


def gate(graphs: Mapping[str, Graph], folder: Path, tolerance: float) -> dict[str, Any]:
    """Compare every graph at every batch size: {batches: {size: difference}, max_abs_diff, tolerance}.

    Raises ExportMismatch, naming graph and batch, where a difference exceeds the tolerance (or is no number).
    """
    batches: dict[str, float] = {}
    for name, graph in graphs.items():
        for batch in BATCHES:
            found = closest(graph, folder / f"{name}.onnx", batch)
            if not found <= tolerance:
                raise ExportMismatch(
                    field=f"{name}, batch {batch}",
                    expected=f"at most {tolerance}",
                    got=found if math.isfinite(found) else str(found),
                )
            batches[str(batch)] = max(found, batches.get(str(batch), 0.0))
    return {"batches": batches, "max_abs_diff": max(batches.values()), "tolerance": tolerance}


def closest(graph: Graph, path: Path, batch: int) -> float:
    """`compare`, with other inputs where a count differs: two tokens may have scored the same to the last digit."""
    for draw in range(DRAWS):
        found = compare(graph, path, batch, draw)
        if not math.isinf(found):
            break
    return found


def same_tokens(trained: Sampler, exported: Sampler) -> dict[str, int]:
    """Run both over the same noise, token by token: {compared, different, ties}.

    Single steps that agree to the last digits can still choose another token, and all that follow are then others.
    Where two tokens score the same to the last digit, rounding chooses, and a night's training must not end by that: a
    batch that differs is drawn anew, and `ties` counts the tokens that were others before. Raises ExportMismatch where
    a batch differs under all `DRAWS` noises.
    """
    controls = trained.family.controls()
    if "length" in type(controls).model_fields:
        controls = controls.model_copy(update={"length": TOKENS})
    compared = ties = 0
    for batch in BATCHES:
        for draw in range(DRAWS):
            wishes = [replace(wish, controls=controls) for wish in plain(f"parity {batch} {draw}", range(batch))]
            tokens, different = unlike(trained.fields(wishes), exported.fields(wishes))
            if not different:
                compared += tokens
                break
            ties += different
        else:
            raise ExportMismatch(
                field="tokens", expected="the same tokens from the same noise", got=f"{different} of {tokens} differ"
            )
    return {"compared": compared, "different": 0, "ties": ties}


def unlike(one: Fields, other: Fields) -> tuple[int, int]:
    """How many tokens there are in `one`, and how many of them are not those of `other`."""
    tokens = sum(value.numel() for value in one.values())
    pairs = [(value, other[name]) for name, value in one.items()]
    different = sum(int((a != b).sum()) if a.shape == b.shape else a.numel() for a, b in pairs)
    return tokens, different
