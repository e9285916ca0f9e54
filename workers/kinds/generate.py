"""Generate artifacts from a model bundle: sampled in ONNX Runtime, marked, labelled, signed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import onnxruntime

from models_store.canonical import digest
from models_store.errors import InvalidInput
from workers.contracts import Attempt, Plugin, Role, Stopped, knob
from workers.engine import sampler
from workers.engine.release import release, watermark_of
from workers.marks import aigc_xmp

CHUNK = 64  # artifacts reported at once; each chunk is one leaf of the log
SHEET_ITEMS = 64
SHEET_INDEX = 0  # of the first artifact on it


class Generate(Plugin):
    """Artifacts on request."""

    name: ClassVar[str] = "generate"
    title: ClassVar[str] = "Generate"
    title_zh: ClassVar[str] = "生成"
    summary: ClassVar[str] = "Samples a model; every artifact is watermarked, labelled, signed and logged."
    summary_zh: ClassVar[str] = "从模型采样；每个作品都带水印、标识与签名，并写入日志。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "generate"
    roles: ClassVar[Mapping[str, Role]] = {"model": Role(takes="model_version")}
    chooses_family: ClassVar[bool] = False
    produces: ClassVar[str] = "artifacts"
    stays_warm: ClassVar[bool] = True

    count: int = knob(
        16, low=1, high=100_000, help="How many artifacts.", help_zh="生成数量。", unit="images", title_zh="数量"
    )

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The result report of docs/engine-folder.md; indices in `done` are kept from an earlier attempt."""
        order, seed, count = attempt.order, str(attempt.order["seed"]), self.count
        if attempt.sign is None or not attempt.secrets.get("mark_key"):
            raise InvalidInput(
                "Nothing is released without a mark key and a signer.", field="secrets", expected="mark_key, signer"
            )
        bundle = sampler.warm(order["inputs"]["model"]["path"], str(order.get("device", "cpu")), int(order["threads"]))
        attempt.report.facts(
            device=bundle.provider, threads=bundle.threads, precision="fp32", padded_batch=sampler.BATCH,
            runtime=f"onnxruntime {onnxruntime.__version__}",
        )  # fmt: skip
        done = set(order.get("done", []))
        missing = [index for index in range(count) if index not in done]
        began = time.monotonic()
        line = Line(attempt, bundle, seed, count, len(done))
        for indices, fields in sampler.sample(bundle, seed, missing):
            if want := attempt.wants():
                line.flush()
                if want != "save":
                    raise Stopped(want, line.made)
            line.add(indices, bundle.modality().decode(fields))
        line.flush()
        seconds = time.monotonic() - began
        sheet(attempt, bundle, seed, min(count, SHEET_ITEMS))
        rate = round(len(missing) / seconds, 1) if missing else None
        return {"count": count, "images_per_s": rate, "sheet": "out/sheet.png"}


class Line:
    """Takes sampled items one by one through the release line and reports them in chunks."""

    def __init__(self, attempt: Attempt, bundle: sampler.Bundle, seed: str, total: int, made: int) -> None:
        self.attempt, self.seed, self.total, self.made = attempt, seed, total, made
        self.modality = bundle.modality()
        self.key = bytes.fromhex(attempt.secrets["mark_key"])
        self.waiting: list[dict[str, Any]] = []
        (attempt.folder / "out").mkdir(exist_ok=True)
        attempt.report.progress(made, total, "images")

    def add(self, indices: list[int], items: list[Any]) -> None:
        """Release these items and report every full chunk."""
        if self.attempt.sign is None:
            raise InvalidInput("Nothing is released unsigned.", field="sign", expected="a signer")
        for index, item in zip(indices, items, strict=True):
            released = release(
                item, index, self.attempt.order["release"], modality=self.modality, mark_key=self.key,
                sign=self.attempt.sign,
            )  # fmt: skip
            file = f"out/{index:06d}.{released.media_type.rpartition('/')[2]}"
            (self.attempt.folder / file).write_bytes(released.data)
            self.waiting.append(
                {
                    "index": index,
                    "file": file,
                    "media_type": released.media_type,
                    "size": len(released.data),
                    "sha256": digest(released.data),
                    "content_sha256": released.content_sha256,
                    "seed": self.seed,
                    "marks": released.marks,
                }
            )
            if len(self.waiting) == CHUNK:
                self.flush()

    def flush(self) -> None:
        """Report what waits."""
        if self.waiting:
            self.made += len(self.waiting)
            self.attempt.report.artifacts(self.waiting)
            self.waiting = []
        self.attempt.report.progress(self.made, self.total, "images")


def sheet(attempt: Attempt, bundle: sampler.Bundle, seed: str, count: int) -> None:
    """The first artifacts side by side, marked and labelled; sampled anew: same noise, same picture."""
    modality, key = bundle.modality(), bytes.fromhex(attempt.secrets["mark_key"])
    items = [item for _, fields in sampler.sample(bundle, seed, range(count)) for item in modality.decode(fields)]
    mark = watermark_of(modality.name)
    place = attempt.folder / "out" / "sheet.png"
    modality.sheet([mark.embed(item, key) if mark else item for item in items], place)
    place.write_bytes(aigc_xmp.label(place.read_bytes(), aigc_xmp.packet(attempt.order["release"], SHEET_INDEX)))


PLUGIN = Generate
