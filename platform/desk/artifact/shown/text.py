"""Texts: as text and nothing else, in the direction of their own script."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.text import TEXT, excerpt, shown
from desk.artifact.viewer import Viewer
from lineage.models import Artifact


def tile(artifact: Artifact) -> dict[str, Any]:
    """How it begins; None where it cannot be read."""
    return {"excerpt": excerpt(artifact)}


VIEWER = Viewer(
    name="text",
    title=_("Text"),
    media_types=(TEXT, "text/markdown"),
    icon="article",
    tile=tile,
    page=shown,
    scripts=("kilnmark/copy.js",),
)
