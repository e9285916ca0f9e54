"""Notes: a piano roll, drawn here, and played by the browser's oscillators."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.content import head_of
from desk.artifact.midi import MOST_BYTES, Notes, read_notes
from desk.artifact.viewer import Viewer
from lineage.models import Artifact

NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
WIDE, ROW = 1000, 8  # of the drawing, in its own units
TILE_NOTES, LEAST_ROWS = 120, 12


def roll(found: Notes, most: int) -> dict[str, Any]:
    """Rectangles of the first notes on a drawing WIDE wide, and what it says in words."""
    notes = found.notes[:most]
    if not notes:
        return {"notes": 0}
    until = max(note.start + note.length for note in notes) or 1.0
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    lack = max(0, LEAST_ROWS - (high - low + 1))
    top = min(127, high + lack // 2)
    rows = max(LEAST_ROWS, high - low + 1)
    boxes = [
        (round(WIDE * note.start / until, 1), (top - note.pitch) * ROW, round(max(2.0, WIDE * note.length / until), 1))
        for note in notes
    ]
    return {
        "notes": len(found.notes),
        "boxes": boxes,
        "wide": WIDE,
        "high": rows * ROW,
        "row": ROW - 1,
        "lowest": name_of(low),
        "highest": name_of(high),
        "seconds": found.seconds,
        "drawn_seconds": until,
        "more": found.more,
    }


def name_of(pitch: int) -> str:
    """60 is C4."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def tile(artifact: Artifact) -> dict[str, Any]:
    """The first notes."""
    return roll(read_notes(head_of(artifact, MOST_BYTES)), TILE_NOTES)


def page(artifact: Artifact) -> dict[str, Any]:
    """All notes that are drawn, and how the browser is to play them."""
    found = read_notes(head_of(artifact, MOST_BYTES))
    played = [[note.start, note.length, note.pitch, note.velocity, note.channel] for note in found.notes]
    return roll(found, len(found.notes)) | {"played": played}


VIEWER = Viewer(
    name="notes",
    title=_("Music"),
    media_types=("audio/midi",),
    icon="piano",
    tile=tile,
    page=page,
    scripts=("kilnmark/players/pianoroll.js",),
)
