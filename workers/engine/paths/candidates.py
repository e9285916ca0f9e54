"""The candidate paths: a runtime, a number format, and the graphs of the bundle that they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models_store.errors import ProductError

Runtime = Literal["onnxruntime", "openvino", "torch"]
Precision = Literal["fp32", "bf16", "fp16", "int8"]
PUBLISHED = "model"  # the folder of the graphs as they were exported


class PathMissing(ProductError):
    """This machine cannot run the model on this path: leave it open, or take another one."""

    code, http_status = "path_missing", 503


@dataclass(frozen=True)
class Candidate:
    """One path. `graphs` is the folder of its graphs in the bundle.

    `apart` bounds the difference from the network in torch, in one call on random inputs: RMS of it over RMS of what
    torch says; None where the family's own tolerance holds, which is absolute. `same` is how much alike whole items
    have to be (quality.py); None where the single call says it all.
    """

    name: str
    runtime: Runtime
    precision: Precision
    device: Literal["cpu", "cuda"] = "cpu"
    graphs: str = PUBLISHED
    apart: float | None = None
    same: float | None = None

    @property
    def is_onnx(self) -> bool:
        """Whether it may be chosen: what a bundle publishes is ONNX, and torch stands beside it to compare with."""
        return self.runtime != "torch"


BASELINE = Candidate("onnxruntime_fp32", "onnxruntime", "fp32")
BF16, FP16, INT8 = 0.02, 0.005, 0.1  # of 8, 11 and 8 bits; a few roundings one after the other
SAME = 0.9
PHASES, EIGHT_BITS, HALVES = "paths/phases", "paths/int8", "paths/fp16"
CANDIDATES: tuple[Candidate, ...] = (
    BASELINE,
    Candidate("onnxruntime_int8", "onnxruntime", "int8", graphs=EIGHT_BITS, apart=INT8, same=SAME),
    Candidate("openvino_fp32", "openvino", "fp32", graphs=PHASES),
    Candidate("openvino_bf16", "openvino", "bf16", graphs=PHASES, apart=BF16, same=SAME),
    Candidate("cuda_fp32", "onnxruntime", "fp32", device="cuda"),
    Candidate("cuda_fp16", "onnxruntime", "fp16", device="cuda", graphs=HALVES, apart=FP16, same=SAME),
    Candidate("torch_fp32", "torch", "fp32"),
    Candidate("torch_bf16", "torch", "bf16", apart=BF16),
)
NAMES: Mapping[str, Candidate] = {one.name: one for one in CANDIDATES}
