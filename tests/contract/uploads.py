"""A small upload for each modality that has no built-in set: (name, bytes), from a seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.builders_images import Silent
from tests.english_like import english_like

UPLOADS: dict[str, Callable[[], tuple[str, bytes]]] = {"text": lambda: ("tales.txt", english_like(1, 4000).encode())}


def ingested(modality: Any, folder: Path) -> Any:
    """The smaller built-in set of a modality, or the upload above, as the dataset folder `folder`; its result."""
    if modality.builtins:
        return modality.ingest_builtin(modality.builtins[-1], folder, Silent())
    name, data = UPLOADS[modality.name]()
    source = folder.with_suffix(".upload")
    source.write_bytes(data)
    return modality.ingest(source, folder, Silent(), name=name)
