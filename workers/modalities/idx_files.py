"""Pictures and labels in IDX files, the format of MNIST: plain or gzipped, read one picture at a time."""

from __future__ import annotations

import gzip
import re
import struct
from collections.abc import Iterator
from typing import IO, cast

import numpy as np
from PIL import Image

from workers.modalities.file_signs import HEAD_BYTES, format_of
from workers.modalities.members import UNREADABLE, BadFile, Limits, Member, UploadRefused, damaged
from workers.modalities.picture import Picture

HEADER_BYTES = {"idx pictures": 16, "idx labels": 8}
ROLE_WORDS = re.compile(r"images?|labels?|idx[13]")
LABEL_WORDS = re.compile(r"label|idx1")
PICTURE_WORDS = re.compile(r"image|idx3")


def idx_kind(member: Member) -> str:
    """`format_of`, where gzipped IDX counts as IDX."""
    kind = format_of(member.read(HEAD_BYTES))
    if kind != "gzip":
        return kind
    try:
        with member.open() as packed:
            inner = format_of(gzip.GzipFile(fileobj=packed).read(HEAD_BYTES))
    except UNREADABLE as error:
        raise damaged(member.path, error) from error
    return inner if inner in HEADER_BYTES else kind


class IdxPairs:
    """Which label file belongs to which picture file: the same name but for images/labels and idx3/idx1."""

    def __init__(self, members: list[Member]) -> None:
        named = [member for member in members if LABEL_WORDS.search(member.path.lower())]
        self._labels = {_stem(member): member for member in reversed(named)}
        self._pictures = {_stem(member) for member in members if PICTURE_WORDS.search(member.path.lower())}

    def labels_of(self, pictures: Member) -> Member | None:
        """The labels by name, or the only ones there are."""
        only = next(iter(self._labels.values())) if len(self._labels) == 1 and len(self._pictures) < 2 else None
        return self._labels.get(_stem(pictures), only)

    def has_pictures(self, labels: Member) -> bool:
        """Whether labels have pictures beside them."""
        return _stem(labels) in self._pictures or len(self._labels) == 1 == len(self._pictures)


def _stem(member: Member) -> str:
    return ROLE_WORDS.sub("", member.path.lower().removesuffix(".gz"))


def idx_count(member: Member) -> int:
    """How many pictures the file says it holds."""
    try:
        with member.open() as raw:
            return _header(_unpacked(raw), member.path, "idx pictures")[0]
    except UNREADABLE as error:
        raise _truncated(member.path, "a file that unpacks to its end", str(error)) from error


def idx_pictures(member: Member, labels: Member | None, limits: Limits) -> Iterator[Picture]:
    """The pictures of an idx3-ubyte file with their labels; a file that ends early is refused whole (idx_truncated)."""
    named = idx_labels(labels) if labels else None
    try:
        with member.open() as raw:
            stream = _unpacked(raw)
            count, height, width = _header(stream, member.path, "idx pictures")
            if not 0 < height * width <= limits.pixels:
                expected = f"1 to {limits.pixels:,} pixels"
                raise BadFile(code="picture_too_large", field=member.path, expected=expected, got=f"{width} x {height}")
            if named is not None and len(named) != count:
                got = f"{len(named):,} labels"
                raise BadFile(code="labels_unusable", field=str(labels.path), expected=f"{count:,} labels", got=got)  # type: ignore[union-attr]
            for index in range(count):
                pixels = stream.read(height * width)
                if len(pixels) < height * width:
                    raise _truncated(member.path, f"{count:,} pictures", f"{index:,}")
                image = Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(height, width))
                label = str(named[index]) if named is not None else None
                yield Picture(f"{member.path}[{index}]", label, image, (width, height), "IDX")
    except UNREADABLE as error:
        raise _truncated(member.path, "a file that unpacks to its end", str(error)) from error


def idx_labels(member: Member) -> list[int]:
    """The labels of an idx1-ubyte file."""
    try:
        with member.open() as raw:
            stream = _unpacked(raw)
            (count,) = _header(stream, member.path, "idx labels")
            values = stream.read(count)
    except UNREADABLE as error:
        raise _truncated(member.path, "a file that unpacks to its end", str(error)) from error
    if len(values) < count:
        raise _truncated(member.path, f"{count:,} labels", f"{len(values):,}")
    return list(values)


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    start = raw.read(2)
    raw.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if start == b"\x1f\x8b" else raw


def _header(stream: IO[bytes], path: str, kind: str) -> tuple[int, ...]:
    head = stream.read(HEADER_BYTES[kind])
    if len(head) < HEADER_BYTES[kind]:
        raise _truncated(path, f"a header of {HEADER_BYTES[kind]} bytes", f"{len(head)}")
    if format_of(head) != kind:
        raise BadFile(code="labels_unusable", field=path, expected=f"{kind} (unsigned bytes)", got=head[:4].hex(" "))
    return struct.unpack(f">{HEADER_BYTES[kind] // 4 - 1}L", head[4:])


def _truncated(path: str, expected: str, got: str) -> UploadRefused:
    detail = "The IDX file ends before it should."
    return UploadRefused(detail, code="idx_truncated", field=path, expected=expected, got=got)
