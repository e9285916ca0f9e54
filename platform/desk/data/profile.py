"""The profile of a data set version as figures, bars and histograms that a page can show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import DatasetVersion
from desk.data.problems import problems_page

Bar = dict[str, Any]  # label, count, width (per cent of the longest)
CLASSES_SHOWN = 30
HIGH, WIDE = 100, 20  # a histogram is drawn in these units: its height, and the width of a bar


def bars(counts: Iterable[tuple[str, int]]) -> list[Bar]:
    """Labels with their counts, each with the length of its bar."""
    rows = list(counts)
    longest = max((count for _label, count in rows), default=0) or 1
    return [{"label": label, "count": f"{count:,}", "width": round(100 * count / longest)} for label, count in rows]


def class_bars(rows: Sequence[Mapping[str, Any]]) -> list[Bar]:
    """Classes, each with its bar in two parts: for training, held out."""
    longest = max((row["train"] + row["holdout"] for row in rows), default=0) or 1
    return [
        {
            "label": str(row["name"]),
            "train": row["train"],
            "holdout": row["holdout"],
            "count": row["train"] + row["holdout"],
            "width": round(100 * row["train"] / longest, 1),
            "rest": round(100 * row["holdout"] / longest, 1),
        }
        for row in rows
    ]


def histogram(counts: Sequence[int], labels: Sequence[str]) -> dict[str, Any] | None:
    """Upright bars for an SVG, with the numbers; None where there is nothing to count."""
    if not counts or not any(counts):
        return None
    most = max(counts)
    drawn = [
        {
            "x": at * WIDE + 1,
            "y": round(HIGH - HIGH * count / most, 1),
            "high": round(HIGH * count / most, 1),
            "wide": WIDE - 2,
            "label": label,
            "count": f"{count:,}",
        }
        for at, (count, label) in enumerate(zip(counts, labels, strict=True))
    ]
    return {"bars": drawn, "wide": WIDE * len(counts), "high": HIGH, "first": labels[0], "last": labels[-1]}


def profile_page(version: DatasetVersion) -> dict[str, Any]:
    """Figures, problems, and what there is of classes, sizes, lengths, brightness, formats, encodings, characters."""
    profile = version.profile
    sizes = [(f"{row['width']} × {row['height']}", row["count"]) for row in profile.get("sizes", [])]
    if other := profile.get("other_sizes"):
        sizes.append((_("other sizes"), other))
    classes = class_bars(profile.get("classes", []))
    brightness = profile.get("brightness", [])
    step = 256 // len(brightness) if brightness else 1
    return {
        "figures": figures(version),
        "classes": classes[:CLASSES_SHOWN],
        "more_classes": classes[CLASSES_SHOWN:],
        "class_count": len(classes),
        "sizes": bars(sizes),
        "sides": bars(_spans(profile.get("sides", []))),
        "lengths": bars(_spans(profile.get("lengths", []))),
        "brightness": histogram(brightness, [f"{at * step}–{at * step + step - 1}" for at in range(len(brightness))]),
        "dicom": dicom_page(profile.get("dicom", {})),
        "formats": bars(sorted(profile.get("formats", {}).items())),
        "encodings": bars(sorted(profile.get("encodings", {}).items())),
        "characters": bars((in_print(row["character"]), row["count"]) for row in profile.get("frequent", [])),
        **problems_page(version),
    }


def dicom_page(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the headers of DICOM files told of people, in counts of files; {} where there were none."""
    if not told:
        return {}
    figures = [
        (_("DICOM files"), told.get("files", 0)),
        (_("with private elements"), told.get("private", 0)),
        (_("with overlays, which are not drawn"), told.get("overlays", 0)),
        (_("that do not say whether writing is burnt in"), told.get("burnt_in_unsaid", 0)),
        (_("marked as showing a recognisable person"), told.get("recognizable", 0)),
    ]
    return {"figures": [(label, f"{count:,}") for label, count in figures], "tags": bars(told["identity"].items())}


def _spans(rows: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    return [
        (f"{row['from']:,}" if row["from"] == row["to"] else f"{row['from']:,}–{row['to']:,}", row["count"])
        for row in rows
    ]


def in_print(character: str) -> str:
    """A character as it can be seen in a list: blanks by name, marks on a circle, what has no look by its number."""
    blanks = {" ": _("blank"), "\n": _("line break"), "\t": _("tab")}
    if character in blanks:
        return blanks[character]
    if unicodedata.combining(character):
        return f"◌{character}"
    return character if character.isprintable() else f"U+{ord(character):04X}"


def figures(version: DatasetVersion) -> list[tuple[str, str]]:
    """Counts by name."""
    return [(label, f"{value:,}") for label, value in numbers(version) if value is not None]


def numbers(version: DatasetVersion) -> list[tuple[str, int | None]]:
    """The same as numbers; None for what is not counted of such data."""
    profile, counts = version.profile, version.counts
    return [
        (_("Items"), profile.get("count")),
        (_("Documents"), profile.get("documents")),
        (_("Characters"), profile.get("characters")),
        (_("Different characters"), profile.get("vocabulary")),
        (_("Characters of the longest document"), profile.get("longest")),
        (_("Characters of the shortest document"), profile.get("shortest")),
        (_("For training"), counts.get("train")),
        (_("Held out"), counts.get("holdout")),
        (_("Duplicates left out"), profile.get("duplicates")),
        (_("Enlarged"), profile.get("enlarged")),
        (_("Of one shade"), profile.get("constant")),
        (_("Problems"), sum(profile["problems"].values()) if "problems" in profile else len(version.problems)),
    ]
