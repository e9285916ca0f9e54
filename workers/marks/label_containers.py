"""Where the label lies in a file of each type: one function puts it in, one finds it.

PNG: iTXt chunk `XML:com.adobe.xmp`; JPEG: APP1 segment; WebP: chunk `XMP `; WAV: chunk `_PMX` (XMP specification part
3). MP3: ID3v2.4 frame TXXX `AIGC` with the AIGC fields alone (GB 45438-2025, annex E). A file has one label; types that
are not named here have it beside them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from models_store.errors import InvalidInput

PNG_HEADER_BYTES = 33  # signature 8, IHDR 25
JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
MOST_SEGMENT_BYTES = 65_533  # of a JPEG segment, without its length
WEBP_XMP_FLAG = 0x04
ID3_UTF8 = b"\x03"
AIGC_FRAME = "AIGC"
LARGEST_TAG_BYTES = 1 << 20


def put(data: bytes, media_type: str, xmp: str, aigc: str) -> bytes:
    """The same file with its label inside: no pixel, no sample is changed.

    `xmp` is the packet, `aigc` the AIGC fields as JSON, for types that have a place of their own for them. Raises
    InvalidInput for a type that has no room, or a file that is not of its type.
    """
    if media_type not in PLACES:
        raise _not(", ".join(PLACES), media_type)
    return PLACES[media_type](data, xmp.encode(), aigc)


def _png(data: bytes, xmp: bytes, aigc: str) -> bytes:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        raise _not("image/png", data[:8])
    body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:PNG_HEADER_BYTES] + chunk + data[PNG_HEADER_BYTES:]


def _jpeg(data: bytes, xmp: bytes, aigc: str) -> bytes:
    if not data.startswith(b"\xff\xd8\xff"):
        raise _not("image/jpeg", data[:8])
    body = JPEG_XMP + xmp
    if len(body) > MOST_SEGMENT_BYTES:
        raise InvalidInput(
            "The label is too long for this type of file.", field="xmp", expected=MOST_SEGMENT_BYTES, got=len(body)
        )
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1] in (0xE0, 0xE1):  # JFIF and Exif want to come first
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[at:]


def _webp(data: bytes, xmp: bytes, aigc: str) -> bytes:
    """An extended file (VP8X) is what may hold a packet; a simple one is made such."""
    chunks = list(_chunks(data, b"WEBP", "image/webp"))
    said = dict(chunks)
    head = bytearray(said.get(b"VP8X") or _canvas(said))
    head[0] |= WEBP_XMP_FLAG
    others = [chunk for chunk in chunks if chunk[0] != b"VP8X"]
    return _riff(b"WEBP", [(b"VP8X", bytes(head)), *others, (b"XMP ", xmp)])


def _canvas(chunks: Mapping[bytes, bytes]) -> bytes:
    """The VP8X chunk of a simple WebP: flags, width - 1 and height - 1 in 24 bits each (RFC 9649 section 2.7)."""
    flags = 0
    if lossless := chunks.get(b"VP8L"):
        bits = int.from_bytes(lossless[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = 0x10 if bits >> 28 & 1 else 0
    elif lossy := chunks.get(b"VP8 "):
        width, height = (int.from_bytes(lossy[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    else:
        raise _not("image/webp", sorted(chunks))
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _wav(data: bytes, xmp: bytes, aigc: str) -> bytes:
    return _riff(b"WAVE", [*_chunks(data, b"WAVE", "audio/wav"), (b"_PMX", xmp)])


def _chunks(data: bytes, form: bytes, media_type: str) -> Iterator[tuple[bytes, bytes]]:
    if data[:4] != b"RIFF" or data[8:12] != form:
        raise _not(media_type, data[:12])
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _riff(form: bytes, chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(said)) + said + b"\0" * (len(said) % 2) for name, said in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + form + body


def _mp3(data: bytes, xmp: bytes, aigc: str) -> bytes:
    """A fresh ID3v2.4 tag in front, with the AIGC fields as a text of the user's own."""
    if data[:3] == b"ID3":
        raise InvalidInput("The file has a tag already.", field="data", expected="audio/mpeg without ID3", got="ID3")
    if data[:1] != b"\xff" or data[1] & 0xE0 != 0xE0:
        raise _not("audio/mpeg", data[:4])
    body = ID3_UTF8 + AIGC_FRAME.encode() + b"\0" + aigc.encode()
    frame = b"TXXX" + _syncsafe(len(body)) + b"\0\0" + body
    return b"ID3\x04\0\0" + _syncsafe(len(frame)) + frame + data


def _syncsafe(number: int) -> bytes:
    """Four bytes of seven bits (ID3v2.4.0 structure, section 6.2)."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def aigc_of_mp3(data: bytes) -> str | None:
    """The AIGC fields in a stranger's ID3v2.3 or 2.4 tag as they stand there; None where there are none."""
    if len(data) < 10 or data[:3] != b"ID3" or data[3] not in (3, 4) or data[5] & 0xC0:  # with extras: not ours
        return None
    end, at = min(10 + _unsafe(data[6:10]), LARGEST_TAG_BYTES, len(data)), 10
    while at + 10 <= end and data[at : at + 4].strip(b"\0"):
        size = _unsafe(data[at + 4 : at + 8]) if data[3] == 4 else int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 10 : min(at + 10 + size, end)]
        if data[at : at + 4] == b"TXXX" and (said := _text(body)) and said[0] == AIGC_FRAME:
            return said[1]
        at += 10 + size
    return None


def _unsafe(said: bytes) -> int:
    number = 0
    for byte in said:
        number = number << 7 | byte & 0x7F
    return number


def _text(body: bytes) -> tuple[str, str] | None:
    """Description and value of a TXXX frame (ID3v2.4.0 frames, section 4.2.6)."""
    encoding = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(body[0] if body else -1)
    if encoding is None:
        return None
    try:
        name, _, value = body[1:].decode(encoding).partition("\0")
    except UnicodeDecodeError:
        return None
    return name, value.lstrip("\ufeff").rstrip("\0")


def _not(expected: str, got: object) -> InvalidInput:
    return InvalidInput("A label cannot be put into this file.", field="data", expected=expected, got=repr(got))


PLACES: Mapping[str, Callable[[bytes, bytes, str], bytes]] = MappingProxyType(
    {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "audio/wav": _wav, "audio/mpeg": _mp3}
)
