"""Kind `ingest`: an upload or a built-in set becomes a dataset folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from models_store.errors import InvalidInput
from workers.contracts import Attempt, Plugin, Role, Stopped
from workers.engine.parameters import checked
from workers.modalities.shown import shown_folder
from workers.plugins import plugin

FOLDER = "dataset"
REPORT_EVERY_S = 0.5


@dataclass
class Watched:
    """The reporter of a modality that reports every item: passes on two a second, and asks whether to leave."""

    attempt: Attempt
    clock: Callable[[], float] = time.monotonic
    due: float = 0.0

    def progress(self, done: int, total: int, unit: str) -> None:
        """Report, or raise Stopped on cancel, pause and yield: an ingest has nothing to save and starts over."""
        if self.clock() < self.due and done < total:
            return
        self.due = self.clock() + REPORT_EVERY_S
        self.attempt.report.progress(done, total, unit)
        why = self.attempt.wants()
        if why in ("cancel", "pause", "yield"):
            raise Stopped(why, done)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.attempt.report, name)


class Ingest(Plugin):
    """Reads untrusted files; its inputs are {"upload": {"path", "name"}} or {"builtin": name}."""

    name: ClassVar[str] = "ingest"
    title: ClassVar[str] = "Ingest data"
    title_zh: ClassVar[str] = "导入数据"
    summary: ClassVar[str] = "Checks, profiles and splits an upload into an immutable dataset version."
    summary_zh: ClassVar[str] = "检查、统计并划分上传的数据，生成不可变的数据集版本。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "io"
    roles: ClassVar[Mapping[str, Role]] = {"upload": Role("upload", required=False)}
    chooses_family: ClassVar[bool] = False
    stays_warm: ClassVar[bool] = False
    produces: ClassVar[str] = "dataset_version"

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The result of docs/engine-folder.md; raises what the modality's `ingest` raises, and Stopped."""
        order = attempt.order
        modality = checked(plugin("modality", order["modality"]), order.get("params", {}))
        out, report = attempt.folder / FOLDER, Watched(attempt)
        inputs = order["inputs"]
        if "upload" in inputs:
            said = inputs["upload"]
            made = modality.ingest(Path(said["path"]), out, report, name=said["name"])
        elif inputs.get("builtin") in modality.builtins:
            made = modality.ingest_builtin(inputs["builtin"], out, report)
        else:
            expected = {"upload": "a file", "builtin": list(modality.builtins)}
            raise InvalidInput("There is nothing to read.", field="inputs", expected=expected, got=inputs)
        beside = {"shown": shown_folder(out).name} if shown_folder(out).is_dir() else {}
        return {"dataset": FOLDER, **beside, **made}


PLUGIN = Ingest
