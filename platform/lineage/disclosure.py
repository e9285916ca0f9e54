"""What of a verdict its reader may know: members of the project that made the file all of it, others bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from accounts.services import visible_projects
from jobs.models import Job
from lineage.verdicts import SET_MARKED, TABLE
from models_store.ids import is_uuid

OPEN = ("verdict", "c2pa_state", "members")  # what anyone may read who may ask
SENTENCES = frozenset({rule.says for rule in TABLE} | {SET_MARKED})  # these name nobody and nothing
RETOLD = {
    "archive": "The archive is byte for byte one that this platform made.",
    "revocation": "The model that made it was revoked.",
}
WEAK = 0.5  # of the threshold


def disclosed(verdict: Mapping[str, Any], *, to: User) -> dict[str, Any]:
    """The verdict as this person may read it: whole where the job that made the file, or is likeliest to, is theirs."""
    mark: Mapping[str, Any] = verdict.get("watermark") or {}
    likeliest = mark.get("job")
    if is_theirs(verdict.get("job") or likeliest, to):
        theirs = not mark or is_theirs(likeliest, to)
        return dict(verdict) if theirs else {**verdict, "watermark": {**mark, "job": None}}
    lines = [retold(line) for line in verdict.get("evidence", [])]
    said = {name: verdict[name] for name in OPEN if name in verdict}
    return said | {"evidence": [line for line in lines if line], "band": band(mark)}


def is_theirs(job_id: object, person: User) -> bool:
    """Whether the job lies in a project of the person."""
    rows = Job.objects.filter(pk=job_id) if is_uuid(job_id) else Job.objects.none()
    return person.is_superuser or rows.filter(project__in=visible_projects(person)).exists()


def retold(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line of evidence without names and figures; None where nothing is left."""
    if line["says"] in SENTENCES or line["kind"] == "members":
        return {"kind": line["kind"], "says": line["says"]}
    return {"kind": line["kind"], "says": RETOLD[line["kind"]]} if line["kind"] in RETOLD else None


def band(watermark: Mapping[str, Any]) -> str:
    """How much a watermark says, in one word: none, weak or strong."""
    z, threshold = watermark.get("z", 0.0), watermark.get("threshold") or float("inf")
    if watermark.get("found"):
        return "strong"
    return "weak" if z >= WEAK * threshold else "none"
