"""What an artifact carries, in words: no codes, no addresses of standards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from lineage.models import Artifact

SCHEMES = {
    "dct_luma": gettext_noop("in the brightness of the picture, invisible"),
    "green_list": gettext_noop("in the choice of letters, invisible"),
}
SOURCES = {
    "trainedAlgorithmicMedia": gettext_noop("made by a trained model"),
    "compositeWithTrainedAlgorithmicMedia": gettext_noop("made in part by a trained model"),
    "algorithmicMedia": gettext_noop("made by an algorithm"),
}
Line = tuple[str, str]


def marks_in_words(artifact: Artifact) -> list[Line]:
    """Watermark, label, credential and fingerprint, line by line."""
    marks, beside = artifact.marks, artifact.sidecars
    return [
        *_watermark(marks.get("watermark") or {}),
        *_label(marks.get("label"), "xmp" in beside),
        *_credential(marks.get("c2pa"), "c2pa" in beside),
        *_shown_words(artifact.job.params),
        *_figures(marks),
    ]


def _watermark(said: Mapping[str, Any]) -> list[Line]:
    if not said:
        return []
    scheme = SCHEMES.get(str(said.get("scheme")))
    lines = [(_("Watermark"), _(scheme) if scheme else str(said.get("scheme") or _("yes")))]
    if said.get("z") is not None:
        alone = "" if said.get("alone", True) else " · " + _("too small a file to be judged by itself")
        lines.append((_("Found again when it was released"), f"z = {said['z']:.1f}{alone}"))
    if said.get("psnr_db") is not None:
        lines.append((_("Difference made by the watermark (PSNR)"), f"{said['psnr_db']:.1f} dB"))
    return lines


def _label(said: Any, is_beside: bool) -> list[Line]:
    if not said:
        return []
    parts = said if isinstance(said, Mapping) else {}
    names = [_("AI-generated (AIGC)")] if parts.get("aigc", True) else []
    if source := parts.get("iptc"):
        names.append(f"IPTC: {_(SOURCES[source])}" if source in SOURCES else "IPTC")
    return [(_("Label"), ", ".join(names) + " · " + _where(is_beside))]


def _credential(said: Any, is_beside: bool) -> list[Line]:
    if not said:
        return []
    return [(_("Credential (C2PA)"), _("signed by this platform") + " · " + _where(is_beside))]


def _where(is_beside: bool) -> str:
    return _("in a file beside it") if is_beside else _("inside the file")


def _shown_words(params: Mapping[str, Any]) -> list[Line]:
    said = {"en": "AI generated", "zh": "AI 生成"}.get(str(params.get("visible_label")))
    return [(_("Words on the picture"), f"“{said}”")] if said else []


def _figures(marks: Mapping[str, Any]) -> list[Line]:
    """What is left: the near-copy fingerprint, so that people know that it is kept."""
    return [(_("Fingerprint for near matches"), str(marks["fingerprint"]))] if marks.get("fingerprint") else []
