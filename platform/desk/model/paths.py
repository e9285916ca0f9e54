"""The ways to run a model as a table: how fast, how close, and which one is taken."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import ModelVersion
from desk.words.sentences import in_language

TITLES = {
    "onnxruntime_fp32": gettext_lazy("ONNX Runtime, 32 bits"),
    "onnxruntime_int8": gettext_lazy("ONNX Runtime, 8 bits"),
    "openvino_fp32": gettext_lazy("OpenVINO, 32 bits"),
    "openvino_bf16": gettext_lazy("OpenVINO, 16 bits"),
    "cuda_fp32": gettext_lazy("GPU, 32 bits"),
    "cuda_fp16": gettext_lazy("GPU, 16 bits"),
    "torch_fp32": gettext_lazy("PyTorch, 32 bits"),
    "torch_bf16": gettext_lazy("PyTorch, 16 bits"),
}
BESIDE = "torch_"


def paths(version: ModelVersion) -> dict[str, Any]:
    """{rows, processor, batch}: fastest first in a full batch, those that were not timed last; {} without a table."""
    said = version.metrics.get("paths", {})
    if not said.get("rows"):
        return {}
    batch, chosen = str(said["batch"]), said.get("chosen", {})
    rows = sorted(said["rows"], key=lambda row: row["ms"].get(batch, float("inf")))
    return {
        "rows": [_row(row, batch, chosen) for row in rows],
        "processor": said.get("processor", ""),
        "batch": said["batch"],
    }


def _row(row: dict[str, Any], batch: str, chosen: dict[str, Any]) -> dict[str, Any]:
    taken = (row["path"], row["threads"]) == (chosen.get("path"), chosen.get("threads"))
    return {
        "title": str(TITLES.get(row["path"], row["path"])),
        "threads": row["threads"],
        "one": _ms(row["ms"].get("1")),
        "batch": _ms(row["ms"].get(batch)),
        "apart": f"{row['apart']:.2g}" if "apart" in row else "–",
        "same": f"{row['same']:.3f}" if "same" in row else "–",
        "taken": taken,
        "verdict": _verdict(row, taken),
        "why": in_language(row.get("why", "")),
    }


def _verdict(row: dict[str, Any], taken: bool) -> str:
    if taken:
        return _("taken")
    if not row.get("passes"):
        return _("not used")
    return _("for comparison") if row["path"].startswith(BESIDE) else _("possible")


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
