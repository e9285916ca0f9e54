"""Reads the dataset folder that an ingest made (docs/engine-folder.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from models_store.canonical import digest, file_digest
from models_store.errors import IntegrityFailure, InvalidInput
from workers.contracts import Spec
from workers.plugins import plugin


@dataclass(frozen=True)
class DatasetFolder:
    """One dataset version on disk; `sha256` is its address."""

    path: Path
    said: dict[str, Any]
    sha256: str

    @classmethod
    def open(cls, path: str | Path) -> DatasetFolder:
        """Read dataset.json; InvalidInput where the folder is none."""
        file = Path(path) / "dataset.json"
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            raise InvalidInput(
                "The dataset folder has no dataset.json.", field="inputs.data", expected=file.name
            ) from None
        return cls(Path(path), json.loads(data), digest(data))

    @property
    def spec(self) -> Spec:
        """What the items look like to a family."""
        return Spec.from_dict(self.said["spec"])

    @property
    def preprocess(self) -> dict[str, Any]:
        """The modality and its parameters: `{"modality", "params"}`."""
        return self.said["preprocess"]

    def modality(self) -> Any:
        """The modality as it was set when these data came in."""
        return modality_of(self.preprocess)

    def split(self, name: str) -> dict[str, Tensor]:
        """The raw arrays of `train` or `holdout`, checked against their digest."""
        file = f"{name}.safetensors"
        kept = self.said["files"].get(file, {}).get("sha256")
        found = file_digest(self.path / file)
        if kept != found:
            raise IntegrityFailure("A file of the dataset was changed.", field=file, expected=kept, got=found)
        return load_file(self.path / file)


def modality_of(preprocess: dict[str, Any]) -> Any:
    """The modality plug-in with the parameters recorded in `preprocess`."""
    return plugin("modality", preprocess["modality"])(**preprocess.get("params", {}))
