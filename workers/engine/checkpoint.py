"""A checkpoint: a folder with state.safetensors and state.json, complete before its name appears."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from models_store.errors import IntegrityFailure
from models_store.saved_state import refuse_unless_same
from workers.engine.plain_json import text

FORMAT = 1
KEPT = 2  # how many stay in the attempt folder


def write(root: Path, step: int, tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> Path:
    """Save under `root/<step>`: written and synced under another name first, so that no half of it is ever found."""
    folder, partial = root / str(step), root / f"{step}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_file(dict(tensors), partial / "state.safetensors")
    (partial / "state.json").write_text(text({"version": FORMAT} | dict(said), sort_keys=True), encoding="utf-8")
    for file in [*partial.iterdir(), partial]:
        sync(file)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    sync(root)
    return folder


def sync(path: Path) -> None:
    """Make what was written survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prune(root: Path, keep: int = KEPT) -> None:
    """Remove all but the newest checkpoints of an attempt."""
    steps = sorted((int(folder.name), folder) for folder in root.iterdir() if folder.name.isdigit())
    for _, folder in steps[:-keep]:
        shutil.rmtree(folder, ignore_errors=True)


def read(folder: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the numbers of a checkpoint; IntegrityFailure where a file is missing or broken."""
    try:
        said = json.loads((Path(folder) / "state.json").read_text(encoding="utf-8"))
        tensors = load_file(Path(folder) / "state.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise IntegrityFailure(f"The checkpoint cannot be read: {type(error).__name__}.", field="resume") from None
    refuse_unless_same(said, {"version": FORMAT})
    return tensors, said
