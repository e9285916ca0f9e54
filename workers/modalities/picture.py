"""One picture of any mode and size, to (C, size, size) uint8."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from workers.contracts import Problem
from workers.modalities.alpha import cleared
from workers.modalities.depth import Depth, to_bytes
from workers.modalities.file_signs import HEAD_BYTES, PICTURES_IN_WORDS, in_words
from workers.modalities.members import BadFile, Limits, shown
from workers.modalities.problem_pictures import salvaged

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
ALPHA = {"LA", "PA", "La", "RGBa"}


@dataclass(frozen=True)
class Picture:
    """One decoded picture of an upload, not yet fitted. `size` is (width, height) in the file, `source` its format."""

    file: str
    label: str | None
    image: Image.Image
    size: tuple[int, int]
    source: str


@dataclass(frozen=True)
class Unfit:
    """What cannot be taken, and what it shows all the same."""

    problem: Problem
    image: Image.Image | None


class DamagedPicture(BadFile):
    """A picture that is not whole; `image` is what it still shows."""

    image: Image.Image | None = None


def decode_picture(data: bytes, file: str, label: str | None, size_px: int, limits: Limits) -> Picture:
    """Decode one file (the first frame of several), turned as its EXIF says.

    Raises BadFile: not_a_picture, picture_too_large, picture_damaged. A JPEG is decoded at the smallest scale that
    still has twice the asked size, which saves most of the time on photographs.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            size, source = image.size, str(image.format)
            _check_pixels(file, size, limits)
            image.draft(None, (2 * size_px, 2 * size_px))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
        except (BadFile, MemoryError):
            raise
        except UnidentifiedImageError as error:
            raise BadFile(
                code="not_a_picture", field=file, expected=PICTURES_IN_WORDS, got=in_words(data[:HEAD_BYTES])
            ) from error
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_large(file, limits, shown(str(error))) from error
        except Exception as error:  # decoders of six formats over a stranger's bytes raise anything
            damaged = DamagedPicture(
                code="picture_damaged", field=file, expected="a whole picture", got=shown(str(error))
            )
            damaged.image = salvaged(data, FORMATS, size_px, limits.pixels)
            raise damaged from error
    return Picture(file, label, image, size, source)


def _check_pixels(file: str, size: tuple[int, int], limits: Limits) -> None:
    if size[0] * size[1] > limits.pixels:
        raise _too_large(file, limits, f"{size[0]} x {size[1]}")


def _too_large(file: str, limits: Limits, got: str) -> BadFile:
    return BadFile(code="picture_too_large", field=file, expected=f"at most {limits.pixels:,} pixels", got=got)


def fit(picture: Picture, size_px: int, channels: int, depth: Depth | None = None) -> NDArray[np.uint8]:
    """The largest centred square, resized (bicubic) to (C, size_px, size_px) uint8.

    Transparency becomes white where `channels` is 1 or 3; where it is 4, it is the last channel.
    """
    image = picture.image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = eight_bit(image.crop((left, top, left + side, top + side)), picture.file, depth)
    if side != size_px:
        image = image.resize((size_px, size_px), Image.Resampling.BICUBIC, reducing_gap=3.0)
    if image.mode == "RGBA" and channels < 4:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    pixels = np.asarray(image.convert(MODES[channels]))
    if channels == 4:
        pixels = cleared(pixels)
    return np.ascontiguousarray(pixels.reshape(size_px, size_px, channels).transpose(2, 0, 1))


def eight_bit(image: Image.Image, file: str, depth: Depth | None = None) -> Image.Image:
    """The picture in mode L, RGB or RGBA; more than eight bits become eight by `depth`."""
    if (image.mode in ("L", "RGB", "P") and "transparency" in image.info) or image.mode in ALPHA:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return Image.fromarray(to_bytes(np.asarray(image).astype(np.uint16), (0, 65_535), file, depth))
    if image.mode in ("I", "F"):
        values = np.asarray(image)
        return Image.fromarray(to_bytes(values, (float(values.min()), float(values.max())), file, depth))
    return image.convert("RGB")
