"""Modality `image`: pictures of one size, grey, in colour or with transparency, with or without classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from models_store.errors import InvalidInput, ProductError
from workers.contracts import Fields, Plugin, Reporter, Spec, knob
from workers.marks import visible_label
from workers.modalities.builtin_images import BUILTINS, builtin, builtin_pictures
from workers.modalities.depth import Depth
from workers.modalities.depth import Mapping as Mapping16
from workers.modalities.dicom_header import Headers
from workers.modalities.fingerprint import fingerprint
from workers.modalities.gathered_images import Gathered, gather
from workers.modalities.image_dataset import keep_images
from workers.modalities.image_sheet import as_picture, grid, png_bytes
from workers.modalities.image_upload import ImageUpload
from workers.modalities.members import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}


class NotFinite(ProductError):
    """The model made values that are no numbers (NaN or infinite): it is broken. Take another version of it."""

    code, http_status = "not_finite", 500


class Image(Plugin):
    """Square pictures, uint8 (N, C, size, size) when stored, float32 in -1..1 for a family."""

    name: ClassVar[str] = "image"
    title: ClassVar[str] = "Images"
    title_zh: ClassVar[str] = "图像"
    summary: ClassVar[str] = "Pictures, brought to one square size; folders become classes."
    summary_zh: ClassVar[str] = "图片统一为同一正方形尺寸；文件夹名作为类别。"
    file_types: ClassVar[tuple[str, ...]] = (".zip", ".npz", ".dcm", "idx3-ubyte", "idx3-ubyte.gz")
    media_type: ClassVar[str] = "image/png"
    builtins: ClassVar[tuple[str, ...]] = tuple(BUILTINS)

    size: int = knob(
        32,
        low=8,
        high=256,
        unit="px",
        title="Size",
        title_zh="尺寸",
        help="Width and height of every picture: the largest centred square is resized to it.",
        help_zh="每张图片的宽和高：取居中的最大正方形并缩放到该尺寸。",
    )
    channels: Literal["grey", "rgb", "rgba"] = knob(
        "grey",
        title="Channels",
        title_zh="通道",
        choices={
            "grey": ("grey", "灰度"),
            "rgb": ("colour (rgb)", "彩色（rgb）"),
            "rgba": ("colour with transparency (rgba)", "彩色带透明（rgba）"),
        },
        help="One channel, three, or four: transparent parts become white, and with rgba they are learned.",
        help_zh="单通道、三通道或四通道：grey 与 rgb 的透明部分变为白色，rgba 则保留并学习透明度。",
    )
    enlarge: float = knob(
        4.0,
        low=1.0,
        high=64.0,
        title="Enlarge at most",
        title_zh="最大放大倍数",
        advanced=True,
        help="Pictures that are smaller than asked are enlarged up to so many times; still smaller ones are left out.",
        help_zh="小于目标尺寸的图片最多放大到该倍数；更小的图片不采用。",
    )
    mapping: Mapping16 = knob(
        "full",
        title="More than 8 bits",
        title_zh="高于 8 位的像素",
        advanced=True,
        choices={
            "full": ("what the file says (full range)", "按文件自身（完整范围）"),
            "window": ("one window for all", "统一窗口"),
            "percentiles": ("1st to 99th percentile of each", "每张图的 1–99 百分位"),
        },
        help="How 16-bit and DICOM values become 8 bits: the whole range or the file's own window, one window, or each "
        "picture's own contrast.",
        help_zh="16 位与 DICOM 像素如何变为 8 位：完整范围或文件自带窗口、统一窗口、或每张图自身的对比度。",
    )
    window_low: float = knob(
        0.0,
        low=-1e6,
        high=1e6,
        title="Window: black",
        title_zh="窗口下限",
        advanced=True,
        help="With one window for all: this value and less becomes black; for CT in Hounsfield units.",
        help_zh="使用统一窗口时：不高于该值的像素为黑；CT 的单位为 HU。",
    )
    window_high: float = knob(
        65_535.0,
        low=-1e6,
        high=1e6,
        title="Window: white",
        title_zh="窗口上限",
        advanced=True,
        help="With one window for all: this value and more becomes white.",
        help_zh="使用统一窗口时：不低于该值的像素为白。",
    )

    def ingest(
        self, source: Path, out: Path, report: Reporter, *, name: str = "", limits: Limits | None = None
    ) -> dict[str, Any]:
        """Read an upload, called `name` by its user, into the dataset folder `out`.

        Returns {sha256, counts, problems, profile}; sha256 is that of dataset.json. Raises UploadRefused where
        nothing can be used; otherwise the good files are kept and the bad ones are listed as problems.
        """
        with closing(ImageUpload(source, name, self.size, limits or Limits(), self._depth)) as upload:
            gathered = self._gathered(upload.limits, upload.headers)
            for seen in gather(upload, gathered):
                report.progress(seen, max(seen, upload.total), "files")
            return keep_images(gathered, self.model_dump(), out, upload.name)

    def ingest_builtin(self, builtin_name: str, out: Path, report: Reporter) -> dict[str, Any]:
        """The same for a built-in set; raises BuiltinMissing."""
        known = builtin(builtin_name)
        gathered = self._gathered(Limits(), Headers())
        for seen in gather(builtin_pictures(known), gathered):
            report.progress(seen, known.count, "files")
        return keep_images(gathered, self.model_dump(), out, builtin_name)

    @property
    def _depth(self) -> Depth:
        """The recorded mapping of deep pictures; InvalidInput for a window that is none."""
        if self.mapping == "window" and self.window_high <= self.window_low:
            raise InvalidInput(
                "The window's white must be above its black.", field="window_high",
                expected=f"more than {self.window_low:g}", got=self.window_high,
            )  # fmt: skip
        return Depth(self.mapping, self.window_low, self.window_high)

    def _gathered(self, limits: Limits, headers: Headers) -> Gathered:
        return Gathered(self.size, CHANNELS[self.channels], limits, self.enlarge, self._depth, headers)

    def encode(self, raw: Mapping[str, Tensor]) -> Fields:
        """`image` uint8 (B, C, H, W) to float32 in -1..1; `condition` int64 (B,) goes along where there is one."""
        fields = {"image": raw["image"].float().div(127.5).sub(1)}
        return fields | {"condition": raw["condition"].long()} if "condition" in raw else fields

    def decode(self, fields: Fields, spec: Spec) -> list[NDArray[np.uint8]]:
        """`image` (B, C, H, W), clamped to -1..1, to B pictures (H, W, C) uint8; raises NotFinite."""
        image = fields["image"].detach().cpu().float()
        if not image.isfinite().all():
            raise NotFinite(field="image", expected="finite values", got="NaN or infinite values")
        pixels = image.clamp(-1, 1).add(1).mul(127.5).round().byte()
        return list(pixels.permute(0, 2, 3, 1).contiguous().numpy())

    def stored(self, items: Sequence[NDArray[np.uint8]], spec: Spec) -> dict[str, NDArray[np.uint8]]:
        """B pictures (H, W, C) to `image` uint8 (B, C, H, W)."""
        return {"image": np.ascontiguousarray(np.stack(items).transpose(0, 3, 1, 2))}

    def file_bytes(self, item: NDArray[np.uint8]) -> bytes:
        """One picture (H, W, C) uint8 as PNG without metadata; the same pixels give the same bytes."""
        return png_bytes(as_picture(item))

    def fingerprint(self, item: NDArray[np.uint8]) -> str:
        """That of the picture (H, W, C)."""
        return fingerprint(item)

    def visibly_labelled(self, item: NDArray[np.uint8], language: str) -> NDArray[np.uint8]:
        """The picture with "AI generated" or its like in a corner; InvalidInput below 128 px."""
        if (side := min(item.shape[:2])) < visible_label.LEAST_SIDE_PX:
            raise InvalidInput(
                "A visible label does not fit on so small a picture.", field="params.visible_label",
                code="label_does_not_fit", expected=f"at least {visible_label.LEAST_SIDE_PX} px", got=side,
            )  # fmt: skip
        return visible_label.on_item(item, language)

    def sheet(self, items: Iterable[NDArray[np.uint8]], path: Path, labels: Iterable[str] = ()) -> None:
        """A nearly square grid of pictures as PNG, each with its label below if labels are given."""
        path.write_bytes(png_bytes(grid(items, labels)))


PLUGIN = Image
