"""The README of an evidence bundle, in English and Chinese (templates/evidence/): what to check and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string

from models_store.card import escape

NAMES = {"en": "README.md", "zh": "README.zh.md"}
KINDS = {
    "artifact": {"en": "artifact", "zh": "制品"},
    "job": {"en": "job", "zh": "任务"},
    "model_version": {"en": "model version", "zh": "模型版本"},
}


def readme(
    index: Mapping[str, Any], names: Collection[str], left_out: Sequence[Mapping[str, Any]], language: str
) -> str:
    """Markdown about a bundle with these files; `index` says kind, id, head, and file, revoked, withdrawn where any."""
    file = str(index.get("file", ""))
    said = {
        "kind": KINDS[index["kind"]][language],
        "id": index["id"],
        "file": file,
        "has_file": file in names,
        "has_sidecar": f"{file}.c2pa" in names,
        "names": names,
        "left_out": left_out,
        **{name: _escaped(index.get(name)) for name in ("revoked", "withdrawn")},
        **{name: index["head"][name] for name in ("size", "at")},
    }
    return render_to_string(f"evidence/{NAMES[language]}", said)


def _escaped(said: Mapping[str, str] | None) -> dict[str, str] | None:
    """What a person wrote, as Markdown that shows it as typed."""
    return {name: escape(text) for name, text in said.items()} if said else None
