"""The browser of items: which of them a page shows, from the sheets that the ingest laid beside the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from catalog.models import SHOWN, DatasetVersion
from catalog.store import blobs, namespace

INDEX = f"{SHOWN}items.json"
PICTURES_A_PAGE, TEXTS_A_PAGE = 100, 20
EXCERPT = 280  # characters of a text on its card


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; what it says wrongly is left out."""

    split: str = ""
    label: int | None = None
    page: int = 1
    item: int | None = None

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Wanted:
        """From the query string."""
        split = said.get("split", "")
        return cls(
            split=split if split in ("train", "holdout") else "",
            label=_number(said.get("class", "")),
            page=max(1, _number(said.get("page", "")) or 1),
            item=_number(said.get("item", "")),
        )

    def address(self, **changed: Any) -> str:
        """The query string with some of it changed."""
        said = {"split": self.split, "class": self.label, "page": self.page} | changed
        return "?" + urlencode({name: value for name, value in said.items() if value not in ("", None)})


def items_page(version: DatasetVersion, wanted: Wanted) -> dict[str, Any]:
    """For pages/data/items.html; `index` is None where the version has no sheets."""
    index = read_index(version)
    if index is None:
        return {"index": None, "wanted": wanted}
    every = _entries(index)
    found = [one for one in every if _fits(one, wanted)]
    size = PICTURES_A_PAGE if index["kind"] == "pictures" else TEXTS_A_PAGE
    pages = max(1, -(-len(found) // size))
    page = min(pages, wanted.page if wanted.item is None else wanted.item // size + 1)
    start = (page - 1) * size
    here = found[start : start + size]
    place = f"/api/v1/datasets/{version.dataset_id}/versions/{version.number}/shown/"
    texts = _texts(version, {one["file"] for one in here}) if index["kind"] == "texts" else {}
    items = [_item(index, one, start + at, place, texts, wanted) for at, one in enumerate(here)]
    chosen = next((one for one in items if one["number"] == wanted.item), None)
    return {
        "index": index,
        "shown": f"{index['shown']:,}",
        "of": f"{index['of']:,}",
        "items": items,
        "chosen": chosen,
        "found": len(found),
        "wanted": wanted,
        "pager": _pager(wanted, page, pages),
        "splits": _split_links(every, wanted),
        "classes": _class_choices(index, every, wanted),
    }


def read_index(version: DatasetVersion) -> dict[str, Any] | None:
    """What the ingest wrote; None for versions from before there were sheets, and for erased ones."""
    sha256 = version.files.get(INDEX)
    return json.loads(blobs().read(namespace(version.dataset.project), sha256)) if sha256 else None


def _number(said: str) -> int | None:
    return int(said[:9]) if said.isascii() and said.isdecimal() else None


def _entries(index: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"file": sheet["file"], "cell": cell, "cells": len(sheet["items"]), "at": one}
        for sheet in index["sheets"]
        for cell, one in enumerate(sheet["items"])
    ]


def _fits(one: Mapping[str, Any], wanted: Wanted) -> bool:
    split, label, _row = one["at"]
    return (not wanted.split or ("train", "holdout")[split] == wanted.split) and wanted.label in (None, label)


def _texts(version: DatasetVersion, files: set[str]) -> dict[str, list[str]]:
    project = version.dataset.project
    return {
        name: json.loads(blobs().read(namespace(project), version.files[f"{SHOWN}{name}"]))["texts"] for name in files
    }


def _item(
    index: Mapping[str, Any],
    one: Mapping[str, Any],
    number: int,
    place: str,
    texts: Mapping[str, list[str]],
    wanted: Wanted,
) -> dict[str, Any]:
    split, label, row = one["at"]
    name = index["classes"][label] if 0 <= label < len(index["classes"]) else ""
    said = {"side": _side(split), "row": f"{row:,}", "name": name}
    words = _("class %(name)s, %(side)s, row %(row)s") if name else _("%(side)s, row %(row)s")
    text = texts[one["file"]][one["cell"]] if texts else ""
    side = index["cell_px"]
    return {
        "number": number,
        "address": wanted.address(page=None, item=number),
        "says": words % said,
        "name": name,
        "sheet": place + one["file"],
        "x": one["cell"] % index["columns"] * side,
        "y": one["cell"] // index["columns"] * side,
        "side": side,
        "width": index["columns"] * side,
        "height": -(-one["cells"] // index["columns"]) * side,
        "text": text,
        "excerpt": text if len(text) <= EXCERPT else text[:EXCERPT] + "…",
    }


def _side(split: int) -> str:
    return (_("for training"), _("held out"))[split]


def _split_links(every: list[dict[str, Any]], wanted: Wanted) -> list[dict[str, Any]]:
    rows = [("", _("all"), len(every))]
    rows += [
        (name, _side(split), sum(one["at"][0] == split for one in every))
        for split, name in enumerate(("train", "holdout"))
    ]
    return [
        {"name": name, "says": says, "count": f"{count:,}", "chosen": name == wanted.split}
        for name, says, count in rows
    ]


def _class_choices(index: Mapping[str, Any], every: list[dict[str, Any]], wanted: Wanted) -> list[dict[str, Any]]:
    counts: dict[int, int] = {}
    for one in every:
        counts[one["at"][1]] = counts.get(one["at"][1], 0) + 1
    return [
        {"number": number, "name": name, "count": counts.get(number, 0), "chosen": number == wanted.label}
        for number, name in enumerate(index["classes"])
    ]


def _pager(wanted: Wanted, page: int, pages: int) -> dict[str, Any]:
    near = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    links = [{"number": number, "address": wanted.address(page=number), "now": number == page} for number in near]
    for before, link in pairwise(links):
        link["gap"] = link["number"] > before["number"] + 1
    return {
        "pages": pages,
        "links": links if pages > 1 else [],
        "back": wanted.address(page=page - 1) if page > 1 else "",
        "on": wanted.address(page=page + 1) if page < pages else "",
    }
