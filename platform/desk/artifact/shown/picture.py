"""Pictures: as they are, pixel by pixel, in steps of whole numbers."""

from __future__ import annotations

import struct
from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.content import head_of
from desk.artifact.viewer import Viewer
from lineage.models import Artifact

LEAST_LABELLED_PX = 128  # as workers/marks/visible_label.py
PNG, HEADER = b"\x89PNG\r\n\x1a\n", 24  # signature, length and name of IHDR, width, height


def size_px(head: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG says of itself; None for anything else."""
    if len(head) < HEADER or not head.startswith(PNG) or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return (width, height) if 0 < width < 1 << 20 and 0 < height < 1 << 20 else None


def page(artifact: Artifact) -> dict[str, Any]:
    """Its size, and whether words fit on it."""
    size = size_px(head_of(artifact, HEADER))
    fits = size is not None and min(size) >= LEAST_LABELLED_PX
    return {"size_px": size, "can_be_labelled": fits, "least_px": LEAST_LABELLED_PX}


VIEWER = Viewer(
    name="picture",
    title=_("Picture"),
    media_types=("image/png", "image/jpeg", "image/webp"),
    icon="image",
    page=page,
    reads=False,  # the browser fetches it, which counts
    scripts=("kilnmark/players/zoom.js", "kilnmark/players/labelled.js"),
)
