"""The media types we write, the suffix of each, and the two files that stand beside one that carries no mark inside."""

from __future__ import annotations

SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/webp": "webp",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/markdown": "md",
    "audio/midi": "mid",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "chemical/x-mdl-molfile": "mol",
    "chemical/x-mdl-sdfile": "sdf",
    "chemical/x-daylight-smiles": "smi",
    "application/json": "json",
    "application/zip": "zip",
    "application/c2pa": "c2pa",
    "application/rdf+xml": "xmp",
}
UNKNOWN_SUFFIX = "bin"
SIDECARS = {"c2pa": "application/c2pa", "xmp": "application/rdf+xml"}  # NAME.c2pa, the credential; NAME.xmp, the label


def suffix(media_type: str) -> str:
    """What the name of such a file ends with, without the dot; `bin` for a type that is not ours."""
    return SUFFIXES.get(media_type, UNKNOWN_SUFFIX)


def beside(name: str, sidecar: str) -> str:
    """What the sidecar of a file is called: `000001.txt` has `000001.txt.c2pa` beside it."""
    return f"{name}.{sidecar}"


def owner_of(name: str) -> str | None:
    """The file that a sidecar of this name belongs to; None for a name that is no sidecar's."""
    base, dot, ending = name.rpartition(".")
    return base if dot and ending in SIDECARS and base.rpartition(".")[2] not in SIDECARS else None
