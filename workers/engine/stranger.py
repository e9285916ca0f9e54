"""A file from a stranger: what type it is, by its bytes and never by its name, and its pixels, within limits."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from models_store.errors import InvalidInput
from workers.engine.stranger_text import characters, encoding_of

LARGEST_PIXELS = 25_000_000
LARGEST_SIDE = 16_384
UNKNOWN = "application/octet-stream"
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"II*\0", 0, "image/tiff"),
    (b"MM\0*", 0, "image/tiff"),
    (b"ftypavif", 4, "image/avif"),
    (b"BM", 0, "image/bmp"),
    (b"PK\x03\x04", 0, "application/zip"),
    (b"PK\x05\x06", 0, "application/zip"),
    (b"%PDF-", 0, "application/pdf"),
    (b"jumdc2pa", 12, "application/c2pa"),
    (b"<?xpacket begin=", 0, "application/rdf+xml"),
    (b"<x:xmpmeta", 0, "application/rdf+xml"),
)
TEXT = "text/plain"
DECODED = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
MODALITIES = {**dict.fromkeys(DECODED, "image"), TEXT: "text"}  # whose watermark a file of that type may carry


class UnreadablePicture(InvalidInput):
    """The file says it is a picture, and cannot be decoded."""

    code = "unreadable_picture"


def media_type_of(data: bytes) -> str:
    """The media type by the first bytes; what also is something else further on counts as what it starts with."""
    said = next((kind for sign, at, kind in SIGNS if data[at : at + len(sign)] == sign), "")
    return said or (TEXT if encoding_of(data) else UNKNOWN)


def item_of(data: bytes, media_type: str) -> NDArray[Any] | None:
    """What a file shows, as a modality has it: pixels (H, W, C) or code points (L,); raises UnreadablePicture."""
    return characters(data) if media_type == TEXT else pixels(data, media_type)


def pixels(data: bytes, media_type: str) -> NDArray[np.uint8] | None:
    """The first frame as (H, W, C) uint8, C 1, 3 or, with transparency, 4; None where this is no type that is decoded.

    Only the decoder of that type is tried. Raises UnreadablePicture for a broken one, and with the code
    `picture_too_large` before decoding one of more than 25 million pixels or 16,384 a side.
    """
    if media_type not in DECODED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow remarks on odd metadata, and the size is checked here
            with Image.open(io.BytesIO(data), formats=[DECODED[media_type]]) as picture:
                width, height = picture.size
                if width * height > LARGEST_PIXELS or max(width, height) > LARGEST_SIDE:
                    raise _too_large(f"{width} x {height}")
                return _plain(picture)
    except Image.DecompressionBombError as error:
        raise _too_large("more than the decoder takes") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, IndexError, KeyError, TypeError) as error:
        raise _unreadable(media_type, error) from error
    except (ArithmeticError, AttributeError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(media_type, error) from error


def _plain(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey stays one channel, 16 bits become 8, what has transparency becomes RGBA, everything else RGB.

    A mark lies in the colours as they are kept, under transparent parts too, so nothing is put on paper here.
    """
    if picture.mode.startswith("I;16"):
        return (np.asarray(picture) >> 8).astype(np.uint8)[..., None]
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))
    return (
        np.asarray(picture.convert("L"))[..., None]
        if picture.mode in ("1", "L")
        else np.asarray(picture.convert("RGB"))
    )


def _too_large(got: str) -> UnreadablePicture:
    return UnreadablePicture(
        "The picture has too many pixels to be examined.",
        code="picture_too_large",
        field="pixels",
        expected=f"at most {LARGEST_PIXELS} pixels, {LARGEST_SIDE} a side",
        got=got,
    )


def _unreadable(media_type: str, error: Exception) -> UnreadablePicture:
    return UnreadablePicture(field="data", expected=media_type, got=type(error).__name__)
