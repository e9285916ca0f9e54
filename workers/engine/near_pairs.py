"""Made items beside the real ones they are nearest to, as a picture: it shows the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from workers.contracts import Modality, Pair

FILE = "out/near_copies.png"


def draw(pairs: Sequence[Pair], modality: Modality, folder: Path) -> str:
    """Each pair in a row, made left and real right, the distance below; the file in the attempt `folder`."""
    place = folder / FILE
    place.parent.mkdir(exist_ok=True)
    rows = []
    for pair in pairs:
        modality.sheet([pair.made, pair.real], place, [f"{pair.distance:.3f}", ""])
        with Image.open(place) as drawn:
            rows.append(drawn.convert("RGB"))
    paper = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "#ececec")
    top = 0
    for row in rows:
        paper.paste(row, (0, top))
        top += row.height
    paper.save(place, "PNG")
    return FILE
