"""A PNG as rows of pixels (W3C PNG, third edition): 8 bits a channel, not interlaced, as sample grids are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: grey, RGB, palette, grey and alpha, RGBA
MOST_PIXELS = 16_000_000
Colour = tuple[int, int, int]


class Unshowable(ValueError):
    """A picture that is no PNG, is damaged, or is of a kind that is not read here."""


@dataclass(frozen=True)
class Picture:
    """Rows of pixels, top first."""

    width: int
    height: int
    rows: tuple[tuple[Colour, ...], ...]


def size_px(data: bytes) -> tuple[int, int]:
    """Width and height by the header alone; raises Unshowable."""
    if len(data) < 33 or not data.startswith(SIGNATURE) or data[12:16] != b"IHDR":
        raise Unshowable("This is no PNG.")
    width, height = struct.unpack(">II", data[16:24])
    if not 0 < width * height <= MOST_PIXELS:
        raise Unshowable(f"A picture of {width} x {height} pixels is too large to show here.")
    return width, height


def decoded(data: bytes) -> Picture:
    """The pixels of a PNG; raises Unshowable."""
    width, height = size_px(data)
    depth, colour_type, _, _, interlaced = data[24:29]
    if depth != 8 or colour_type not in CHANNELS or interlaced:
        raise Unshowable("Only PNG with 8 bits a channel, not interlaced, is shown here.")
    held, palette = bytearray(), b""
    try:
        for kind, content in _chunks(data):
            if kind == b"PLTE":
                palette = content
            elif kind == b"IDAT":
                held += content
        channels = CHANNELS[colour_type]
        most = height * (width * channels + 1)
        raw = zlib.decompressobj().decompress(bytes(held), most)
        if len(raw) != most:
            raise Unshowable("The picture is cut.")
        lines = _unfiltered(raw, width * channels, channels, height)
        return Picture(width, height, tuple(_colours(line, channels, palette) for line in lines))
    except (zlib.error, struct.error, IndexError) as wrong:
        raise Unshowable("The picture is damaged.") from wrong


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        yield kind, data[place + 8 : place + 8 + length]
        place += length + 12


def _unfiltered(raw: bytes, length: int, step: int, height: int) -> Iterator[bytearray]:
    """Section 9 of the specification; `length` and `step` in bytes."""
    above = bytearray(length)
    for number in range(height):
        begin = number * (length + 1)
        kind, line = raw[begin], bytearray(raw[begin + 1 : begin + 1 + length])
        for place in range(length):
            left = line[place - step] if place >= step else 0
            up, corner = above[place], above[place - step] if place >= step else 0
            line[place] = (line[place] + _predicted(kind, left, up, corner)) & 0xFF
        yield line
        above = line


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 0:
        return 0
    if kind == 1:
        return left
    if kind == 2:
        return up
    if kind == 3:
        return (left + up) // 2
    if kind != 4:
        raise Unshowable("The picture is damaged.")
    whole = left + up - corner
    near = (abs(whole - left), abs(whole - up), abs(whole - corner))
    return (left, up, corner)[near.index(min(near))]


def _colours(line: bytearray, channels: int, palette: bytes) -> tuple[Colour, ...]:
    if palette and channels == 1:
        return tuple((palette[3 * one], palette[3 * one + 1], palette[3 * one + 2]) for one in line)
    if channels <= 2:
        return tuple((one, one, one) for one in line[::channels])
    reds, greens, blues = line[::channels], line[1::channels], line[2::channels]
    return tuple(zip(reds, greens, blues, strict=True))
