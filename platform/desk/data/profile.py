"""The profile of a data set version as bars and lists that a page can show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import DatasetVersion
from desk.words.sentences import in_language

Bar = dict[str, Any]  # label, count, width (per cent of the longest)


def bars(counts: Iterable[tuple[str, int]]) -> list[Bar]:
    """Labels with their counts, each with the length of its bar."""
    rows = list(counts)
    longest = max((count for _label, count in rows), default=0) or 1
    return [{"label": label, "count": count, "width": round(100 * count / longest)} for label, count in rows]


def profile_page(version: DatasetVersion) -> dict[str, Any]:
    """Figures, problems, and what there is of classes, sizes, formats, encodings and characters of a version."""
    profile = version.profile
    sizes = [(f"{row['width']} × {row['height']}", row["count"]) for row in profile.get("sizes", [])]
    if other := profile.get("other_sizes"):
        sizes.append((_("other sizes"), other))
    classes = [(str(row["name"]), row["train"] + row["holdout"]) for row in profile.get("classes", [])]
    return {
        "figures": _figures(version),
        "classes": bars(classes),
        "sizes": bars(sizes),
        "formats": bars(sorted(profile.get("formats", {}).items())),
        "encodings": bars(sorted(profile.get("encodings", {}).items())),
        "characters": bars((in_print(row["character"]), row["count"]) for row in profile.get("frequent", [])),
        "problems": [{**row, "expected": in_language(str(row.get("expected", "")))} for row in version.problems],
    }


def in_print(character: str) -> str:
    """A character as it can be seen in a list: blanks by name, marks on a circle, what has no look by its number."""
    blanks = {" ": _("blank"), "\n": _("line break"), "\t": _("tab")}
    if character in blanks:
        return blanks[character]
    if unicodedata.combining(character):
        return f"◌{character}"
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _figures(version: DatasetVersion) -> list[tuple[str, str]]:
    profile, counts = version.profile, version.counts
    said = [
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
        (_("Files with problems"), len(version.problems)),
    ]
    return [(label, f"{value:,}") for label, value in said if value is not None]
