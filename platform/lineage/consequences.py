"""What a revocation says of what the model made, and of the models that were trained on from it: one place for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from catalog.models import ModelVersion, Stage
from catalog.naming import aliases_of
from jobs.ancestry import revoked_ancestors
from jobs.models import Job
from lineage.models import Artifact, Withdrawal

REVOKED = "The model {model} was revoked on {day} by {who}: {why}"
PARENT = "The model {model} was trained on from {parent}, which was revoked on {day} by {who}: {why}"
# for those who are no members: without names
REVOKED_RETOLD = "The model that made it was revoked on {day}: {why}"
PARENT_RETOLD = "The model that made it was trained on from one that was revoked on {day}: {why}"
WITHDRAWN = "withdrawn"
TAKEN_BACK = "It was withdrawn on {day}: {because}"  # names nobody: for members and for others
KINDS = {"withdrawal": TAKEN_BACK, "revocation": REVOKED_RETOLD, "parent revoked": PARENT_RETOLD}


def revocation_of(version: ModelVersion) -> dict[str, str] | None:
    """When, by whom and why a version was revoked; None for one that was not."""
    if version.stage != Stage.REVOKED:
        return None
    day = f"{version.decided_at:%Y-%m-%d}" if version.decided_at else ""
    who = version.decided_by.username if version.decided_by else ""
    return {"on": day, "by": who, "because": version.comment}


def evidence_of(version: ModelVersion) -> list[dict[str, str]]:
    """The lines of a verdict about a file that this version made: `says` for members, the rest to retell it."""
    lines = []
    if said := revocation_of(version):
        lines.append(_line("revocation", REVOKED, version, said))
    for parent in revoked_ancestors(version):
        if said := revocation_of(parent):
            lines.append(_line("parent revoked", PARENT, version, said, parent=str(parent)))
    return lines


def retold(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Such a line without names; None for any other, and for one that was kept before days were."""
    if line["kind"] not in KINDS or "on" not in line:
        return None
    says = KINDS[line["kind"]].format(day=line["on"], why=line["because"], because=line["because"])
    return {"kind": line["kind"], "says": says, "on": line["on"], "because": line["because"]}


def standing_of(version: ModelVersion) -> dict[str, Any]:
    """What a verdict says of the version as it stands now: its stage, the names that stand for it."""
    return {"stage": version.stage, "aliases": aliases_of([version])[version.pk]}


class Told:
    """What there is to say of the versions that one verdict names, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[dict[str, Any], list[dict[str, str]]]] = {}

    def of(self, version: ModelVersion) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """How it stands, and the lines of evidence."""
        if version.pk not in self._known:
            self._known[version.pk] = standing_of(version), evidence_of(version)
        return self._known[version.pk]


def stage_of(artifact: Artifact) -> str:
    """What an artifact is called by now: withdrawn, revoked where its model is, else the stage in which it was made."""
    if withdrawal_of(artifact):
        return WITHDRAWN
    return Stage.REVOKED if artifact.model_version.stage == Stage.REVOKED else artifact.stage


def withdrawal_of(artifact: Artifact) -> Withdrawal | None:
    """Its withdrawal, if it was withdrawn; no query where the row was selected with it."""
    return getattr(artifact, "withdrawal", None)


def withdrawn_as(artifact: Artifact) -> dict[str, str] | None:
    """When and why it was withdrawn, not by whom; None for one that was not."""
    gone = withdrawal_of(artifact)
    return {"on": f"{gone.at:%Y-%m-%d}", "because": gone.because} if gone else None


def taken_back(said: Mapping[str, str]) -> str:
    """What `withdrawn_as` says, in a sentence."""
    return TAKEN_BACK.format(day=said["on"], because=said["because"])


def evidence_of_withdrawal(artifact: Artifact) -> list[dict[str, str]]:
    """The line of a verdict about a file that was withdrawn; none for any other."""
    said = withdrawn_as(artifact)
    return [{"kind": "withdrawal", "says": taken_back(said), **said}] if said else []


def headers_of(version: ModelVersion) -> dict[str, str]:
    """For answers whose bytes never change: a header says what the bytes cannot."""
    said = revocation_of(version)
    return {"X-Model-Stage": version.stage} | ({"X-Model-Revoked-On": said["on"]} if said else {})


def revocations_of(job: Job) -> list[dict[str, str]]:
    """The models of a job that were revoked."""
    rows = job.inputs.filter(model_version__stage=Stage.REVOKED).select_related("model_version__model")
    found = ((row.model_version, revocation_of(row.model_version)) for row in rows.order_by("role"))
    return [{"version": str(version)} | said for version, said in found if version and said]


def headers_of_job(job: Job) -> dict[str, str]:
    """The same for the archive and the sheet of a job."""
    said = revocations_of(job)
    return {"X-Model-Stage": Stage.REVOKED, "X-Model-Revoked-On": said[0]["on"]} if said else {}


def _line(kind: str, words: str, version: ModelVersion, said: Mapping[str, str], **more: str) -> dict[str, str]:
    says = words.format(model=str(version), day=said["on"], who=said["by"], why=said["because"], **more)
    return {"kind": kind, "says": says, **said}
