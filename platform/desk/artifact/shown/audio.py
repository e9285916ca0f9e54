"""Sounds: the browser's own player, and the waveform that the browser decodes; WAV files show theirs in the gallery."""

from __future__ import annotations

import io
import sys
import wave
from array import array
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.content import NotReadable, head_of
from desk.artifact.viewer import Viewer
from lineage.models import Artifact
from models_store.errors import ProductError

WAV = "audio/wav"
TILE_BYTES, TILE_BARS, TILE_STEP = 131_072, 40, 4
CODES = {1: "B", 2: "h"}  # bytes of a sample -> array type
MOST_DECODED_BYTES = 64 << 20


def bars(data: bytes, count: int = TILE_BARS) -> list[int]:
    """How loud the beginning of a WAV file is, in `count` steps, 2 to 100.

    Raises NotReadable for what is no WAV file of 8 or 16 bits.
    """
    try:
        with wave.open(io.BytesIO(data)) as sound:
            width = sound.getsampwidth()
            raw = sound.readframes(len(data) // max(1, width * sound.getnchannels()))
    except (wave.Error, EOFError, ValueError, ArithmeticError, RuntimeError) as wrong:
        raise NotReadable(got=str(wrong)[:100]) from wrong
    if width not in CODES:
        raise NotReadable(expected="8 or 16 bits", got=8 * width)
    samples = array(CODES[width])
    samples.frombytes(raw[: len(raw) // width * width])
    if width == 2 and sys.byteorder == "big":
        samples.byteswap()
    middle, full = (128, 127) if width == 1 else (0, 32767)
    step = max(1, len(samples) // count)
    chunks = [samples[start : start + step] for start in range(0, step * count, step)]
    loud = [max((abs(value - middle) for value in chunk[:: max(1, step // 200)]), default=0) for chunk in chunks]
    return [max(2, min(100, 100 * one // full)) for one in loud]


def tile(artifact: Artifact) -> dict[str, Any]:
    """Bars (x, y, height) of a WAV file; of others only that they are sounds."""
    if artifact.media_type != WAV:
        return {}
    try:
        found = bars(head_of(artifact, TILE_BYTES))
        return {"boxes": [(TILE_STEP * at, (100 - high) // 2, high) for at, high in enumerate(found)]}
    except ProductError:
        return {}


def page(artifact: Artifact) -> dict[str, Any]:
    """Whether the browser is asked to decode the whole file."""
    return {"is_drawn": artifact.size <= MOST_DECODED_BYTES}


VIEWER = Viewer(
    name="audio",
    title=_("Sound"),
    media_types=(WAV, "audio/mpeg"),
    icon="graphic_eq",
    tile=tile,
    page=page,
    scripts=("kilnmark/players/waveform.js",),
)
