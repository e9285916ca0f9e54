"""Pictures and labels in an .npz archive of numpy arrays, read one picture at a time; objects are never unpickled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from tokenize import TokenError
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

from workers.contracts import Problem
from workers.modalities.depth import Depth, to_bytes
from workers.modalities.members import UNREADABLE, BadFile, Limits, Member, damaged
from workers.modalities.picture import Picture

PAIRS = (
    ("images", "labels"),
    ("image", "label"),
    ("imgs", "labels"),
    ("x", "y"),
    ("X", "y"),
    ("X", "Y"),
    ("data", "labels"),
    ("data", "target"),
    ("data", "targets"),
)
NO_HEADER = (ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError)  # numpy parses it as Python
WHOLE_BYTES = 1 << 30  # arrays that can only be read whole


@dataclass(frozen=True)
class Array:
    """One array of the archive: its key (the member's name without .npy), type and place."""

    key: str
    member: Member
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[np.generic]

    @property
    def holds_pictures(self) -> bool:
        """(N, H, W), (N, H, W, 1 | 3 | 4) or (N, 1 | 3 | 4, H, W)."""
        if len(self.shape) == 3:
            return self.shape[-1] > 4
        return len(self.shape) == 4 and (self.shape[-1] in (1, 3, 4) or self.shape[1] in (1, 3, 4))


def npz_arrays(members: list[Member]) -> tuple[list[Array], list[Problem]]:
    """The arrays by their headers, and the ones that cannot be read (object_array, file_damaged)."""
    arrays: list[Array] = []
    problems: list[Problem] = []
    for member in members:
        try:
            arrays.append(_header(member))
        except BadFile as bad:
            problems.append(bad.problem)
    return arrays, problems


def _header(member: Member) -> Array:
    try:
        with member.open() as stream:
            shape, fortran, dtype = _read_header(stream)
    except (*UNREADABLE, *NO_HEADER) as error:
        raise damaged(member.path, error) from error
    if dtype.hasobject:
        expected = "an array of numbers (objects are never unpickled)"
        raise BadFile(code="object_array", field=member.path, expected=expected, got="an array of Python objects")
    return Array(member.path.removesuffix(".npy"), member, shape, fortran, dtype)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy.read_array_header_2_0(stream)
    raise ValueError(f"npy version {version}")


def label_key(key: str, keys: set[str]) -> str | None:
    """The key of the labels that belong to the pictures of `key`: train_images has train_labels, x_test y_test."""
    parts = key.split("_")
    for here, there in PAIRS:
        found = "_".join(there if part == here else part for part in parts)
        if found != key and found in keys:
            return found
    return None


def pictures_and_labels(arrays: list[Array]) -> tuple[list[tuple[Array, Array | None]], list[Problem]]:
    """Which arrays hold pictures, each with its labels, and the arrays that are neither."""
    by_key = {array.key: array for array in arrays}
    pairs: list[tuple[Array, Array | None]] = []
    used: set[str] = set()
    for array in arrays:
        if array.holds_pictures:
            beside = label_key(array.key, set(by_key))
            pairs.append((array, by_key[beside] if beside else None))
            used |= {array.key, beside or array.key}
    expected = "pictures (N, H, W), (N, H, W, C) or (N, C, H, W), or labels beside them"
    rest = (array for array in arrays if array.key not in used)
    problems = [Problem(array.member.path, "unknown_array", expected, f"{array.dtype} {array.shape}") for array in rest]
    return pairs, problems


def npz_labels(array: Array, count: int) -> NDArray[np.generic]:
    """One class per picture, (N,), from integers or texts (N,) or (N, 1); otherwise BadFile labels_unusable."""
    flat = array.shape in ((count,), (count, 1))
    if not flat or array.dtype.kind not in "iubU":
        got = f"{array.dtype} {array.shape}"
        raise BadFile(code="labels_unusable", field=array.member.path, expected=f"{count:,} integers or texts", got=got)
    return _whole(array).reshape(-1)


def npz_pictures(
    array: Array, labels: NDArray[np.generic] | None, limits: Limits, depth: Depth | None = None
) -> Iterator[Picture]:
    """The pictures of one array, numbers brought to 0..255 by `depth`, in full by the range of the whole array.

    Their classes are the names of `labels`. One picture's numbers lie in memory at a time.
    """
    path = array.member.path
    height, width = array.shape[2:] if _channels_first(array) else array.shape[1:3]
    if not 0 < height * width <= limits.pixels:
        expected = f"1 to {limits.pixels:,} pixels"
        raise BadFile(code="picture_too_large", field=path, expected=expected, got=f"{width} x {height}")
    if (each := prod(array.shape[1:]) * array.dtype.itemsize) > limits.picture_bytes:
        expected, got = f"at most {limits.picture_bytes:,} bytes", f"{each:,} bytes of {array.dtype} a picture"
        raise BadFile(code="picture_too_large", field=path, expected=expected, got=got)
    if array.dtype.kind not in "iufb":
        raise BadFile(code="pixel_range", field=path, expected="an array of numbers", got=str(array.dtype))
    span = (0.0, 255.0) if array.dtype == np.uint8 else _span(array)
    for index, item in enumerate(_items(array)):
        pixels = to_bytes(item, span, path, depth)
        if _channels_first(array):
            pixels = np.ascontiguousarray(pixels.transpose(1, 2, 0))
        image = Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
        label = None if labels is None else str(labels[index].item())
        yield Picture(f"{path}[{index}]", label, image, (width, height), "NPZ")


def _channels_first(array: Array) -> bool:
    return len(array.shape) == 4 and array.shape[-1] not in (1, 3, 4)


def _span(array: Array) -> tuple[float, float]:
    """Lowest and highest value of the whole array."""
    spans = [(float(item.min()), float(item.max())) for item in _items(array)]
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else (0.0, 1.0)


def _items(array: Array) -> Iterator[NDArray[np.generic]]:
    """The array along its first axis, read as a stream."""
    if array.fortran:
        yield from _whole(array)
        return
    item_bytes = prod(array.shape[1:]) * array.dtype.itemsize
    try:
        with array.member.open() as stream:
            _read_header(stream)
            for index in range(array.shape[0]):
                data = stream.read(item_bytes)
                if len(data) < item_bytes:
                    raise EOFError(f"ends after {index:,} of {array.shape[0]:,} pictures")
                yield np.frombuffer(data, array.dtype).reshape(array.shape[1:])
    except UNREADABLE as error:
        raise damaged(array.member.path, error) from error


def _whole(array: Array) -> NDArray[np.generic]:
    expected_bytes = prod(array.shape) * array.dtype.itemsize
    if expected_bytes > WHOLE_BYTES:
        expected = f"at most {WHOLE_BYTES:,} bytes in Fortran order or as labels"
        raise BadFile(code="file_too_large", field=array.member.path, expected=expected, got=f"{expected_bytes:,}")
    try:
        with array.member.open() as stream:
            _read_header(stream)
            data = stream.read(expected_bytes)
    except UNREADABLE as error:
        raise damaged(array.member.path, error) from error
    if len(data) < expected_bytes:
        raise damaged(array.member.path, EOFError(f"{len(data):,} of {expected_bytes:,} bytes"))
    return np.frombuffer(data, array.dtype).reshape(array.shape, order="F" if array.fortran else "C")
