"""A graph in 16-bit floating point, for GPUs; inputs and outputs stay as they are."""

from __future__ import annotations

from pathlib import Path

import onnx


def written(source: Path, place: Path) -> None:
    """Write the graph with weights and arithmetic in fp16."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(str(source)), keep_io_types=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(model.SerializeToString())
