"""What of a verdict its reader may know: members of the project that made the file all of it, others bands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from accounts.models import User
from accounts.services import sees_all, visible_projects
from jobs.models import Job
from lineage import consequences
from lineage.archive_evidence import BROKEN, SEALED
from lineage.verdicts import SET_MARKED, TABLE
from models_store.ids import is_uuid

OPEN = ("verdict", "c2pa_state", "members")  # what anyone may read who may ask
SENTENCES = frozenset({rule.says for rule in TABLE} | {SET_MARKED, SEALED, BROKEN})  # these name nobody and nothing
RETOLD = {
    "archive": "The archive is byte for byte one that this platform made.",
    "revocation": "The model that made it was revoked.",
}
WEAK = 0.5  # of the threshold


def disclosed(verdict: Mapping[str, Any], *, to: User) -> dict[str, Any]:
    """The verdict as this person may read it: whole where the job that made the file, or is likeliest to, is theirs."""
    return disclosed_all([verdict], to=to)[0]


def disclosed_all(verdicts: Sequence[Mapping[str, Any]], *, to: User) -> list[dict[str, Any]]:
    """The same for many verdicts in one query, so that a list of jobs costs the same however many were verified."""
    if sees_all(to):
        return [dict(verdict) for verdict in verdicts]
    wanted = {job_id for verdict in verdicts for job_id in (maker(verdict), likeliest(verdict)) if is_uuid(job_id)}
    rows = Job.objects.filter(pk__in=wanted, project__in=visible_projects(to))
    theirs = {str(job_id) for job_id in rows.values_list("pk", flat=True)}
    return [_disclosed(verdict, theirs) for verdict in verdicts]


def maker(verdict: Mapping[str, Any]) -> object:
    """The job that made the file, or the likeliest one; None where nothing points to one."""
    return verdict.get("job") or likeliest(verdict)


def likeliest(verdict: Mapping[str, Any]) -> object:
    """The job whose watermark fits best, whether or not it fits well."""
    return (verdict.get("watermark") or {}).get("job")


def _disclosed(verdict: Mapping[str, Any], theirs: Collection[str]) -> dict[str, Any]:
    mark: Mapping[str, Any] = verdict.get("watermark") or {}
    if str(maker(verdict)) in theirs:
        hidden = mark and str(likeliest(verdict)) not in theirs
        return {**verdict, "watermark": {**mark, "job": None}} if hidden else dict(verdict)
    lines = [retold(line) for line in verdict.get("evidence", [])]
    said = {name: verdict[name] for name in OPEN if name in verdict}
    return said | {"evidence": [line for line in lines if line], "band": band(mark)}


def retold(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line of evidence without names and figures; None where nothing is left."""
    if line["kind"] in consequences.KINDS and (said := consequences.retold(line)):
        return said
    if line["says"] in SENTENCES or line["kind"] == "members":
        return {"kind": line["kind"], "says": line["says"]}
    return {"kind": line["kind"], "says": RETOLD[line["kind"]]} if line["kind"] in RETOLD else None


def band(watermark: Mapping[str, Any]) -> str:
    """How much a watermark says, in one word: none, weak or strong."""
    z, threshold = watermark.get("z", 0.0), watermark.get("threshold") or float("inf")
    if watermark.get("found"):
        return "strong"
    return "weak" if z >= WEAK * threshold else "none"
