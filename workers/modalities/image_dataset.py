"""From gathered pictures to the dataset folder: order, split, profile, preview, mean picture."""

from __future__ import annotations

import shutil
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Field, Problem, Spec
from workers.modalities.alpha import flattened
from workers.modalities.dataset_folder import Column, seal, write_split
from workers.modalities.gathered_images import Gathered, Kept, settle_classes
from workers.modalities.image_items import write_picture_sheets
from workers.modalities.image_sheet import as_picture, grid, png_bytes
from workers.modalities.image_upload import nothing_usable
from workers.modalities.members import UploadRefused
from workers.modalities.shown import Place, fresh_folder
from workers.modalities.value_bins import doubling_bins

HOLDOUT_BELOW = (1 << 256) // 10  # about one picture in ten
PREVIEW_ITEMS = 64
LISTED_SIZES = 20
LISTED_PROBLEMS = 500
BRIGHTNESS_BINS = 16


def keep_images(gathered: Gathered, params: Mapping[str, Any], out: Path, name: str) -> dict[str, Any]:
    """Write the dataset folder `out` anew; returns {sha256, counts, problems, profile}.

    Everything in it is ordered by content, so neither the order nor the names of the files change its address.
    """
    classes = settle_classes(gathered)
    problems = sorted(gathered.problems, key=lambda problem: (problem.file, problem.code, problem.got))
    if not gathered.kept:
        raise nothing_usable(name, problems)
    constant = sum(is_constant(kept, gathered.channels) for kept in gathered.kept.values())
    if constant == len(gathered.kept) and constant + gathered.duplicates > 1:
        raise UploadRefused(
            "Every picture is of one shade only: there is nothing to learn.",
            code="constant_pictures",
            field=name,
            expected="pictures that show something; deep ones may need another mapping (window, percentiles)",
            got=f"{constant + gathered.duplicates:,} pictures of one shade",
        )
    if len(gathered.kept) < 2:
        raise UploadRefused(
            "A data set needs at least two different pictures.",
            code="too_few_pictures",
            field=name,
            expected="at least 2 different pictures",
            got=f"1, and {gathered.duplicates:,} copies of it",
            problems=[asdict(problem) for problem in problems[:20]],
        )
    train, holdout = split(gathered.kept, bool(classes))
    shape = (gathered.channels, gathered.size_px, gathered.size_px)
    spec = _spec(shape, classes)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    write_split(out / "train.safetensors", _columns(train, shape, classes))
    write_split(out / "holdout.safetensors", _columns(holdout, shape, classes))
    mean, spread = _moments(train, shape)
    (out / "mean.png").write_bytes(png_bytes(as_picture(np.rint(mean).astype(np.uint8).transpose(1, 2, 0))))
    chosen = preview(train, classes)
    texts = [str(kept.label) for kept in chosen] if classes else []
    (out / "preview.png").write_bytes(png_bytes(grid((_item(kept, shape) for kept in chosen), texts)))
    counts = {"train": len(train), "holdout": len(holdout)}
    profile = _profile(gathered, classes, train, holdout) | {
        "mean": [round(float(value), 3) for value in mean.mean(axis=(1, 2))],
        "std": [round(float(value), 3) for value in spread],
    }
    sha256 = seal(out, spec=spec, params=params, counts=counts, profile=profile)
    pictures = _show(fresh_folder(out), gathered, classes, (train, holdout), shape)
    listed = [asdict(problem) | pictures.get(problem, {}) for problem in problems[:LISTED_PROBLEMS]]
    return {"sha256": sha256, "counts": counts, "problems": listed, "profile": profile}


def _show(
    folder: Path,
    gathered: Gathered,
    classes: tuple[str, ...],
    splits: tuple[list[Kept], list[Kept]],
    shape: tuple[int, ...],
) -> dict[Problem, dict[str, str]]:
    """Sheets of items and pictures of problems; returns {problem: {"picture": file}}."""
    number = {name: index for index, name in enumerate(classes)}
    labels = [[number.get(str(kept.label), -1) for kept in items] for items in splits]

    def item(place: Place) -> NDArray[np.uint8]:
        return _item(splits[place.split][place.row], shape)

    write_picture_sheets(folder, labels, item, classes, gathered.size_px)
    named = gathered.pictures.write(folder, gathered.problems)
    return {problem: {"picture": name} for problem, name in named.items()}


def split(kept: Mapping[bytes, Kept], classed: bool) -> tuple[list[Kept], list[Kept]]:
    """Train and holdout, each in the order of their content; about a tenth is held out, by content alone.

    So a picture stays on its side when others are added. Each class keeps at least one picture in train, and
    at least one picture is held out (of a class with several, if there is one).
    """
    held = {digest for digest in kept if int.from_bytes(digest, "big") < HOLDOUT_BELOW}
    groups: dict[str | None, list[bytes]] = defaultdict(list)
    for digest in sorted(kept):
        groups[kept[digest].label if classed else None].append(digest)
    for members in groups.values():
        if held.issuperset(members):
            held.discard(members[-1])
    if not held:
        spare = [digest for members in groups.values() if len(members) > 1 for digest in members]
        held = {min(spare or kept)}
    order = sorted(kept)
    return [kept[d] for d in order if d not in held], [kept[d] for d in order if d in held]


def preview(train: Sequence[Kept], classes: tuple[str, ...]) -> list[Kept]:
    """Up to 64 pictures, the classes taking turns."""
    if not classes:
        return list(train[:PREVIEW_ITEMS])
    by_class: dict[str | None, list[Kept]] = {name: [] for name in classes}
    for kept in train:
        by_class[kept.label].append(kept)
    turns = zip_longest(*(members[:PREVIEW_ITEMS] for members in by_class.values()))
    return [kept for turn in turns for kept in turn if kept is not None][:PREVIEW_ITEMS]


def _spec(shape: tuple[int, ...], classes: tuple[str, ...]) -> Spec:
    condition = (Field("condition", "condition", (), len(classes), classes),) if classes else ()
    return Spec("image", (Field("image", "continuous", shape), *condition))


def _columns(items: list[Kept], shape: tuple[int, ...], classes: tuple[str, ...]) -> list[Column]:
    """`condition` first, where there is one: its eight-byte numbers stay aligned in the file."""
    image = Column("image", "U8", (len(items), *shape), (kept.pixels for kept in items))
    if not classes:
        return [image]
    number = {name: index for index, name in enumerate(classes)}
    labels = (struct.pack("<q", number[str(kept.label)]) for kept in items)
    return [Column("condition", "I64", (len(items),), labels), image]


def _item(kept: Kept, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.frombuffer(kept.pixels, np.uint8).reshape(shape).transpose(1, 2, 0)


def _moments(items: Iterable[Kept], shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean picture (C, S, S) and the standard deviation per channel (C,), from exact integer sums."""
    first, second, count = np.zeros(shape, np.int64), np.zeros(shape, np.int64), 0
    for kept in items:
        values = np.frombuffer(kept.pixels, np.uint8).reshape(shape).astype(np.int64)
        first += values
        second += values * values
        count += 1
    mean, square = first / count, (second / count).mean(axis=(1, 2))
    return mean, np.sqrt(np.maximum(0, square - mean.mean(axis=(1, 2)) ** 2))


def is_constant(kept: Kept, channels: int) -> bool:
    """Whether a picture is of one shade."""
    planes = np.frombuffer(kept.pixels, np.uint8).reshape(channels, -1)
    return bool((planes == planes[:, :1]).all())


def _brightness(items: Iterable[Kept], channels: int) -> list[int]:
    """How many pictures have a mean of 0..15, 16..31, ..., 240..255; of the light they give, not of transparency."""
    counts = [0] * BRIGHTNESS_BINS
    for kept in items:
        values = np.frombuffer(kept.pixels, np.uint8)
        if channels == 4:
            values = flattened(np.moveaxis(values.reshape(4, -1), 0, -1))
        counts[int(values.mean()) * BRIGHTNESS_BINS // 256] += 1
    return counts


def _profile(gathered: Gathered, classes: tuple[str, ...], train: list[Kept], holdout: list[Kept]) -> dict[str, Any]:
    """What the data set is like; figures only, no file names: its address must not depend on them."""
    everything = [*train, *holdout]
    sizes = Counter(kept.size for kept in everything)
    common = sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))
    here, there = Counter(kept.label for kept in train), Counter(kept.label for kept in holdout)
    return {
        "count": len(everything),
        "duplicates": gathered.duplicates,
        "enlarged": sum(min(kept.size) < gathered.size_px for kept in everything),
        "constant": sum(is_constant(kept, gathered.channels) for kept in everything),
        "sizes": [{"width": size[0], "height": size[1], "count": count} for size, count in common[:LISTED_SIZES]],
        "other_sizes": sum(count for _, count in common[LISTED_SIZES:]),
        "sides": doubling_bins(min(kept.size) for kept in everything),
        "brightness": _brightness(everything, gathered.channels),
        "formats": dict(sorted(Counter(kept.source for kept in everything).items())),
        "classes": [{"name": name, "train": here[name], "holdout": there[name]} for name in classes],
        "problems": dict(sorted(Counter(problem.code for problem in gathered.problems).items())),
        **({"dicom": told} if (told := gathered.headers.as_dict()) else {}),
    }
