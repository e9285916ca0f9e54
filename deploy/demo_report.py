"""The facts that the demo gathers, in the shape of `report.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.progress import Progress

TIMED = ("total", "setup", "ingest", "train", "approve", "generate", "verify")


class Report:
    """Seconds for each step and the figures of each part; what was not reached stays null."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float | None] = dict.fromkeys(TIMED)
        self.train: dict[str, Any] = {}
        self.quality: dict[str, Any] = {}
        self.generate: dict[str, Any] = {}
        self.verify: dict[str, Any] = {}
        self.audit: dict[str, Any] = {}

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Time a step and say that it begins and that it held."""
        self.progress.say(f"{title} ...")
        began = time.monotonic()
        yield
        took_s = time.monotonic() - began
        if name in self.seconds:
            self.seconds[name] = round((self.seconds[name] or 0.0) + took_s, 2)
        self.progress.say(f"  done in {took_s:.1f} s")

    def as_dict(self, ok: bool) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "ok": ok,
            "seconds": self.seconds | {"total": round(self.progress.elapsed_s(), 2)},
            "train": self.train,
            "quality": self.quality,
            "generate": self.generate,
            "verify": self.verify,
            "audit": self.audit,
        }

    def write(self, path: Path, ok: bool) -> None:
        """Write `report.json`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_dict(ok), indent=1) + "\n", encoding="utf-8")


def quality(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of an evaluate job: {name: {value, ...}} to the names of the report."""
    names = ("classifier_accuracy", "confident_share", "precision", "recall")
    shares = sorted(name for name in metrics if name.startswith("class_share_"))
    said = {name: metrics[name]["value"] for name in names}
    return {**said, "class_shares": [metrics[name]["value"] for name in shares]}
