"""The ways to run a model that were measured when it was published (workers/engine/paths/table.py writes the table)."""

from __future__ import annotations

from typing import Any

from catalog.models import ModelVersion

ALWAYS = "onnxruntime_fp32"
BESIDE = "torch_"  # rows that only stand beside the others


def usable_paths(version: ModelVersion) -> list[str]:
    """The paths that a job may ask for: those that passed, and the one that every model has."""
    rows = version.metrics.get("paths", {}).get("rows", [])
    passed = [row["path"] for row in rows if row.get("passes") and not row["path"].startswith(BESIDE)]
    return list(dict.fromkeys([ALWAYS, *passed]))


def chosen_path(version: ModelVersion) -> dict[str, Any]:
    """What was chosen at publishing: {path, threads, faster, why}; {} where nothing was measured."""
    return dict(version.metrics.get("paths", {}).get("chosen", {}))
