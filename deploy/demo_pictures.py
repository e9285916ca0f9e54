"""What happens to pictures out in the world: a changed pixel, a JPEG copy; a foreign picture; and a contact sheet."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, data) of each chunk (PNG third edition, section 5.3)."""
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def changed_pixel(png: bytes) -> bytes:
    """The PNG with its last pixel changed and everything else in it, labels and credential too, left as it is."""
    parts = list(chunks(png))
    rows = bytearray(zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT")))
    rows[-1] ^= 0x55  # the last byte of the last row: no other pixel is predicted from it
    out, written = [SIGNATURE], False
    for kind, data in parts:
        if kind == b"IDAT":
            if written:
                continue
            data, written = zlib.compress(bytes(rows)), True
        out.append(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return b"".join(out)


def jpeg_copy(png: bytes, quality: int = 90) -> bytes:
    """The same picture as a JPEG without any metadata."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def foreign(size_px: int = 32) -> bytes:
    """A picture that no model of the platform made: rings and a line, as PNG."""
    picture = Image.new("L", (size_px, size_px), 20)
    draw = ImageDraw.Draw(picture)
    for margin in range(2, size_px // 2, 5):
        draw.ellipse((margin, margin, size_px - margin - 1, size_px - margin - 1), outline=120 + 6 * margin)
    draw.line((0, size_px - 1, size_px - 1, 0), fill=250, width=2)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def contact_sheet(pictures: Sequence[bytes], path: Path, *, cell_px: int = 64, gap_px: int = 4) -> None:
    """All pictures side by side, enlarged to cells, as one PNG."""
    across = math.ceil(math.sqrt(len(pictures)))
    down = math.ceil(len(pictures) / across)
    pitch = cell_px + gap_px
    sheet = Image.new("RGB", (across * pitch + gap_px, down * pitch + gap_px), (236, 236, 236))
    for number, data in enumerate(pictures):
        cell = Image.open(io.BytesIO(data)).convert("RGB").resize((cell_px, cell_px), Image.Resampling.BICUBIC)
        sheet.paste(cell, (gap_px + number % across * pitch, gap_px + number // across * pitch))
    sheet.save(path)
