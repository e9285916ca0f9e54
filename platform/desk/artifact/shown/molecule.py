"""Molecules: drawn where the file has coordinates; SMILES stand as the text that they are."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from desk.artifact.content import head_of
from desk.artifact.molecules import MOST_BYTES, MOST_MOLECULES, read_molecules
from desk.artifact.viewer import Viewer
from lineage.models import Artifact

SMILES, SMILES_BYTES, TILE_BYTES = "chemical/x-daylight-smiles", 4_000, 32_768


def tile(artifact: Artifact) -> dict[str, Any]:
    """The first molecule."""
    return _shown(artifact, TILE_BYTES, 1)


def page(artifact: Artifact) -> dict[str, Any]:
    """The first molecules, or the lines of SMILES."""
    return _shown(artifact, MOST_BYTES, MOST_MOLECULES)


def _shown(artifact: Artifact, most_bytes: int, most: int) -> dict[str, Any]:
    if artifact.media_type == SMILES:
        return {"smiles": head_of(artifact, SMILES_BYTES).decode("utf-8", "replace").strip()}
    molecules, more = read_molecules(head_of(artifact, most_bytes).decode("utf-8", "replace"), most)
    return {"molecules": molecules, "more": more or artifact.size > most_bytes}


VIEWER = Viewer(
    name="molecule",
    title=_("Molecule"),
    media_types=("chemical/x-mdl-molfile", "chemical/x-mdl-sdfile", SMILES),
    icon="science",
    tile=tile,
    page=page,
    scripts=("kilnmark/copy.js",),
)
