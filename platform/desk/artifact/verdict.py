"""A verdict in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from desk.artifact.verdict_meaning import meaning
from desk.words.sentences import in_language
from lineage.consequences import KINDS

VERDICTS = {
    "ours": (gettext_noop("Ours"), "success"),
    "altered": (gettext_noop("Ours, but altered"), "danger"),
    "likely_ours": (gettext_noop("Likely ours"), "warning"),
    "resembles": (gettext_noop("Resembles something of ours"), "warning"),
    "no_evidence": (gettext_noop("No evidence"), "default"),
}
EVIDENCE = {
    "digest": gettext_noop("Digest"),
    "credential": gettext_noop("Credential"),
    "label": gettext_noop("Label"),
    "watermark": gettext_noop("Watermark"),
    "near match": gettext_noop("Near match"),
    "nothing": gettext_noop("Nothing found"),
    "members": gettext_noop("Files in the archive"),
    "archive": gettext_noop("Archive"),
    "archive files": gettext_noop("Changes to the archive"),
    "revocation": gettext_noop("Revocation"),
    "parent revoked": gettext_noop("Parent revoked"),
}
CREDENTIAL = {
    "Trusted": gettext_noop("trusted: signed by this platform's own authority"),
    "Valid": gettext_noop("valid, but signed by an authority that is not ours"),
    "Invalid": gettext_noop("invalid: the bytes are not those that were signed"),
    "none": gettext_noop("none"),
}


CAUTIONS = tuple(KINDS)  # what has become of it since stands before everything else
BANDS = {"none": gettext_noop("none"), "weak": gettext_noop("weak"), "strong": gettext_noop("strong")}


def verdict_in_words(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a verify job found, for a page; None where the result holds no verdict."""
    name = result.get("verdict")
    if name not in VERDICTS:
        return None
    title, colour = VERDICTS[name]
    state = result.get("c2pa_state") or "none"
    return {
        "name": name,
        "title": _(title),
        "colour": colour,
        "evidence": [
            {"kind": _(EVIDENCE.get(row["kind"], row["kind"])), "says": _says(row)}
            for row in result.get("evidence", [])
            if row["kind"] not in CAUTIONS
        ],
        "cautions": [_says(row) for row in result.get("evidence", []) if row["kind"] in CAUTIONS],
        "for_members": name != "no_evidence" and "band" in result,
        **meaning(result),
        "credential": _(CREDENTIAL[state]) if state in CREDENTIAL else state,
        "watermark": _(BANDS[result["band"]]) if result.get("band") in BANDS else _watermark(result.get("watermark")),
        "members": [
            {"name": row["name"], "verdict": _(VERDICTS[row["verdict"]][0])} for row in result.get("members", [])[:100]
        ],
        "log": _log(result.get("log_proof")),
        **{key: result.get(key) for key in ("artifact", "job", "model_version", "stage", "aliases")},
    }


def _says(row: Mapping[str, str]) -> str:
    if row["kind"] != "members":
        return in_language(row["says"])
    counts = (part.partition(": ") for part in row["says"].split(", "))
    return ", ".join(f"{_(VERDICTS[name][0])}: {count}" for name, _colon, count in counts if name in VERDICTS)


def _watermark(found: Mapping[str, Any] | None) -> str:
    if not found or found.get("z") is None:
        return _("none was looked for, or none can be read from a file of this kind")
    said = _("z = %(z)s; from %(threshold)s on it counts") % {
        "z": f"{found['z']:.1f}",
        "threshold": f"{found.get('threshold', 0):.2f}",
    }
    return said if found.get("alone", True) else said + "; " + _("one file of this size is not judged by itself")


def _log(proof: Mapping[str, Any] | None) -> str:
    log = (proof or {}).get("log") or (proof or {}).get("inclusion") or proof or {}
    size = log.get("tree_size") if isinstance(log, Mapping) else None
    if size is None:
        return _("the log holds it") if proof else ""
    return _("checked: it leads from the file's digest to a signed head of %(size)s events") % {"size": f"{size:,}"}
