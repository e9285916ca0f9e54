"""The ways to run a model as a table: how fast, how close, and which one is taken."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.measured_paths import ALWAYS, BESIDE, chosen_path, usable_paths
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


def paths(version: ModelVersion) -> dict[str, Any]:
    """{rows, processor, batch}: fastest first in a full batch, those that were not timed last; {} without a table."""
    said = version.metrics.get("paths", {})
    if not said.get("rows"):
        return {}
    batch, chosen = str(said["batch"]), said.get("chosen", {})
    rows = sorted(said["rows"], key=lambda row: row["ms"].get(batch, float("inf")))
    return {
        "rows": [_row(row, batch, chosen) for row in rows],
        "taken": taken_said(version),
        "processor": said.get("processor", ""),
        "batch": said["batch"],
    }


def path_title(name: str) -> str:
    """A path in the reader's language."""
    return str(TITLES.get(name, name))


def taken_said(version: ModelVersion) -> str:
    """On which path a model is run where a job asks for none, and why, in a sentence."""
    chosen = chosen_path(version)
    if not chosen:
        return _("It runs by %(path)s: no other way was measured when it was published.") % {"path": path_title(ALWAYS)}
    said = {"path": path_title(chosen["path"]), "usual": path_title(ALWAYS), "faster": f"{chosen.get('faster', 1):.1f}"}
    if chosen["path"] == ALWAYS:
        return _("It runs by %(path)s: no other way that passed was at least 1.1 times as fast.") % said
    return _("It runs by %(path)s: when it was published, that was %(faster)s times as fast as %(usual)s.") % said


def path_choices(version: ModelVersion) -> list[tuple[str, str]]:
    """The paths that a job may ask for, each with the time of a full batch where that was measured."""
    said = version.metrics.get("paths", {})
    batch = str(said.get("batch", ""))
    times: dict[str, float] = {}  # the least, with all threads or with one
    for row in said.get("rows", []):
        if batch in row["ms"]:
            times[row["path"]] = min(row["ms"][batch], times.get(row["path"], row["ms"][batch]))
    return [(path, _timed(path, times.get(path), batch)) for path in usable_paths(version)]


def _timed(path: str, ms: float | None, batch: str) -> str:
    if ms is None:
        return path_title(path)
    return _("%(path)s (%(ms)s ms for %(batch)s items)") % {"path": path_title(path), "ms": _ms(ms), "batch": batch}


def _row(row: dict[str, Any], batch: str, chosen: dict[str, Any]) -> dict[str, Any]:
    taken = (row["path"], row["threads"]) == (chosen.get("path"), chosen.get("threads"))
    return {
        "title": path_title(row["path"]),
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
