"""Pictures as they are kept: small, without repeats, known by their content."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from PIL import Image

from workers.contracts import Problem
from workers.modalities.depth import Depth
from workers.modalities.dicom_header import Headers
from workers.modalities.image_sheet import as_picture
from workers.modalities.members import BadFile, Limits, UploadRefused, shown
from workers.modalities.picture import Picture, Unfit, fit
from workers.modalities.problem_pictures import ProblemPictures

MOST_CLASSES = 1000
CLASS_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """One fitted picture, C * S * S bytes, with its class, its file and what it was there."""

    pixels: bytes
    label: str | None
    file: str
    size: tuple[int, int]
    source: str


@dataclass
class Gathered:
    """What has come so far, by sha256 of the fitted pixels."""

    size_px: int
    channels: int
    limits: Limits
    enlarge: float = 1.0
    depth: Depth = field(default_factory=Depth)
    headers: Headers = field(default_factory=Headers)
    kept: dict[bytes, Kept] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    duplicates: int = 0
    pictures: ProblemPictures = field(default_factory=ProblemPictures)

    def take(self, picture: Picture) -> None:
        """Fit and keep one picture; a repeat is counted, and listed where its class is another one."""
        label = class_name(picture.label)
        if min(picture.size) * self.enlarge < self.size_px:
            least = ceil(self.size_px / self.enlarge)
            expected = f"at least {least} px a side, for {self.size_px} px enlarged at most {self.enlarge:g} times"
            raise BadFile(code="picture_too_small", field=picture.file, expected=expected, got=in_px(picture.size))
        pixels = fit(picture, self.size_px, self.channels, self.depth).tobytes()
        digest = hashlib.sha256(pixels).digest()
        first = self.kept.get(digest)
        if first is None:
            self._check_room(len(pixels))
            self.kept[digest] = Kept(pixels, label, picture.file, picture.size, picture.source)
            return
        self.duplicates += 1
        if label != first.label:
            expected = f"class {first.label!r}, as the same picture {first.file} has"
            self.refuse(Problem(picture.file, "class_conflict", expected, repr(label)), picture.image)

    def refuse(self, problem: Problem, image: Image.Image | None = None) -> None:
        """List what cannot be taken, with how it looks."""
        self.problems.append(problem)
        self.pictures.keep(problem, image)

    def look(self, kept: Kept) -> Image.Image:
        """A kept picture."""
        pixels = np.frombuffer(kept.pixels, np.uint8).reshape(self.channels, self.size_px, self.size_px)
        return as_picture(np.ascontiguousarray(pixels.transpose(1, 2, 0)))

    def _check_room(self, more: int) -> None:
        if (len(self.kept) + 1) * more > self.limits.stored_bytes:
            raise UploadRefused(
                "The pictures need more memory at this size than one data set may have.",
                code="dataset_too_large",
                field="size",
                expected=f"at most {self.limits.stored_bytes // more:,} pictures of {self.size_px} px",
                got="more",
            )


def gather(stream: Iterable[Picture | Problem | Unfit], into: Gathered) -> Iterator[int]:
    """Take all of a stream; yields how many pictures and problems were seen."""
    for seen, item in enumerate(stream, start=1):
        if isinstance(item, Problem):
            into.refuse(item)
        elif isinstance(item, Unfit):
            into.refuse(item.problem, item.image)
        else:
            try:
                into.take(item)
            except BadFile as bad:
                into.refuse(bad.problem, item.image)
        yield seen


def in_px(size: tuple[int, int]) -> str:
    """Width and height in words."""
    return f"{size[0]} x {size[1]}"


def class_name(label: str | None) -> str | None:
    """A class name in one Unicode form (NFC), printable, trimmed, of at most 100 characters."""
    if label is None:
        return None
    return shown(unicodedata.normalize("NFC", label)).strip()[:CLASS_NAME_LENGTH] or None


def settle_classes(gathered: Gathered) -> tuple[str, ...]:
    """The class names, in order (numbers by value); empty where there are fewer than two.

    Pictures without a class among pictures with one are left out; a class of one picture is kept and listed.
    """
    counts = Counter(kept.label for kept in gathered.kept.values() if kept.label is not None)
    if len(counts) > MOST_CLASSES:
        expected = f"at most {MOST_CLASSES:,} classes, or the pictures count as without class"
        gathered.problems.append(Problem("", "too_many_classes", expected, f"{len(counts):,}"))
    if len(counts) == 1:
        expected = "two classes or more, each a folder of its own; the pictures count as without class"
        gathered.problems.append(Problem(next(iter(counts)), "one_class", expected, "1"))
    if not 2 <= len(counts) <= MOST_CLASSES:
        return ()
    for digest, kept in list(gathered.kept.items()):
        if kept.label is None:
            expected = "a class, as other pictures of the upload have"
            gathered.refuse(Problem(kept.file, "class_missing", expected, "none"), gathered.look(kept))
            del gathered.kept[digest]
    alone = sorted(name for name, count in counts.items() if count == 1)
    by_class = {str(kept.label): kept for kept in gathered.kept.values() if counts[str(kept.label)] == 1}
    for name in alone:
        problem = Problem(name, "class_of_one", "2 different pictures in a class", "1")
        gathered.refuse(problem, gathered.look(by_class[name]))
    return tuple(sorted(counts, key=_natural))


def _natural(name: str) -> tuple[int, int, str]:
    return (0, int(name), name) if name.isascii() and name.isdigit() else (1, 0, name)
