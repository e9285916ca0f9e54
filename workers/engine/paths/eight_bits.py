"""A graph in 8 bits: weights and what flows between layers, scaled by what flowed while it was calibrated.

Scales are fixed. Those that are worked out anew for each batch ("dynamic") would be a little faster to make, but then
an item depends on the others of its batch, and none could be made again by itself.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray

DENSE = ("MatMul", "Gemm")
CALLS = 8  # that are calibrated by


class Calls:
    """What a graph was called with, one call after the other (onnxruntime.quantization.CalibrationDataReader)."""

    def __init__(self, fed: Sequence[Mapping[str, NDArray[Any]]]) -> None:
        self._left: Iterator[Mapping[str, NDArray[Any]]] = iter(fed[:CALLS])

    def get_next(self) -> Mapping[str, NDArray[Any]] | None:
        """The next call; None after the last."""
        return next(self._left, None)


def is_dense(source: Path) -> bool:
    """Whether a graph has layers that would be computed in 8 bits."""
    return any(node.op_type in DENSE for node in onnx.load(str(source)).graph.node)


def written(source: Path, place: Path, fed: Sequence[Mapping[str, NDArray[Any]]]) -> None:
    """The dense layers of the graph (MatMul, Gemm) in 8 bits, calibrated on these calls.

    Convolutions stay as they are: ONNX Runtime computes them more slowly in 8 bits than in 32.
    """
    if not fed:  # a graph that sampling does not call has nothing to be calibrated on
        return
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    model = onnx.load(str(source))
    del model.graph.value_info[:]  # of shapes that it works out anew, and then differ in their names
    place.parent.mkdir(parents=True, exist_ok=True)
    was = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / source.name
            onnx.save(model, str(plain))
            quantize_static(
                str(plain), str(place), Calls(fed), quant_format=QuantFormat.QDQ, op_types_to_quantize=list(DENSE),
                per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            )  # fmt: skip
    finally:
        logging.disable(was)
