"""What an ingest lays beside a version for people to look at, as rows and blobs of a story."""

from __future__ import annotations

import io
import json

from PIL import Image

from catalog.models import SHOWN, DatasetVersion
from catalog.store import blobs, namespace

SIDE_PX = 16


def lay_pictures(version: DatasetVersion, *, classes: int = 10, train: int = 20, holdout: int = 3) -> None:
    """Sheets with so many pictures of each class on each side, and a picture of the first problem."""
    places = [[split, label, row] for split, count in ((0, train), (1, holdout)) for label in range(classes) for row in range(count)]  # fmt: skip  # noqa: E501
    files: dict[str, bytes] = {}
    sheets = []
    for number, start in enumerate(range(0, len(places), 100)):
        some = places[start : start + 100]
        name = f"items-{number:02}.png"
        files[name] = sheet(some)
        sheets.append({"file": name, "items": some})
    _lay(version, "pictures", sheets, files, [str(label) for label in range(classes)], 60_000)
    if version.problems:
        version.problems = [version.problems[0] | {"picture": "problem-00.png"}, *version.problems[1:]]
        version.files |= {f"{SHOWN}problem-00.png": _keep(version, sheet([[0, 3, 0]], across=1))}
    version.save(update_fields=["files", "problems"])


def lay_texts(version: DatasetVersion, texts: list[str]) -> None:
    """One sheet of these texts, all for training."""
    sheets = [{"file": "items-00.json", "items": [[0, -1, row] for row in range(len(texts))]}]
    _lay(version, "texts", sheets, {"items-00.json": json.dumps({"texts": texts}).encode()}, [], len(texts))
    version.save(update_fields=["files"])


def sheet(places: list[list[int]], across: int = 10) -> bytes:
    """A PNG, ten by ten: the shade says the class, a dot the side."""
    paper = Image.new("L", (across * SIDE_PX, -(-len(places) // across) * SIDE_PX), 20)
    for at, (split, label, row) in enumerate(places):
        left, top = at % across * SIDE_PX, at // across * SIDE_PX
        paper.paste(60 + 18 * label, (left + 2, top + 2, left + 14, top + 4 + (label + row) % 10))
        paper.paste(255 if split else 120, (left + 6, top + 6, left + 9, top + 9))
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def _lay(
    version: DatasetVersion, kind: str, sheets: list[dict], files: dict[str, bytes], classes: list[str], of: int
) -> None:
    said = {
        "version": 1, "kind": kind, "of": of, "shown": sum(len(one["items"]) for one in sheets), "columns": 10,
        "rows": 10, "cell_px": SIDE_PX, "splits": ["train", "holdout"], "classes": classes, "sheets": sheets,
    }  # fmt: skip
    files = files | {"items.json": json.dumps(said).encode()}
    version.files |= {f"{SHOWN}{name}": _keep(version, data) for name, data in files.items()}


def _keep(version: DatasetVersion, data: bytes) -> str:
    return blobs().put(namespace(version.dataset.project), data)
