"""How a file came to be, as dated steps: data, model, decisions, request, release, log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.services import visible_projects
from audit.models import Review
from lineage.models import Artifact
from lineage.stamped import stamped_head

DECIDED = {
    "approve": gettext_noop("%(subject)s was approved"),
    "reject": gettext_noop("%(subject)s was rejected"),
    "retire": gettext_noop("%(subject)s was retired"),
    "revoke": gettext_noop("%(subject)s was revoked"),
    "confirm": gettext_noop("%(subject)s was confirmed"),
    "withdraw": gettext_noop("%(subject)s was withdrawn"),
}
DECIDED_OTHERWISE = gettext_noop("a decision on %(subject)s: %(decision)s")
MOST_DECISIONS = 50


@dataclass(frozen=True)
class Moment:
    """One step: when, what, by whom (blank where nobody did it or the person was erased), and what that person said."""

    at: datetime
    what: str
    who: str = ""
    said: str = ""


def timeline(artifact: Artifact, proof: Mapping[str, Any] | None, reader: User) -> list[Moment]:
    """Oldest first; within a second in the order in which things happen."""
    moments = [*_made(artifact, reader), *_decided(artifact, reader), *_logged(artifact, proof)]
    return sorted(moments, key=lambda moment: moment.at.replace(microsecond=0))


def _made(artifact: Artifact, reader: User) -> Iterator[Moment]:
    version, job = artifact.model_version, artifact.job
    data = version.dataset_version
    if data is not None and visible_projects(reader).filter(pk=data.dataset.project_id).exists():
        yield Moment(data.created_at, _("%(data)s was brought in") % {"data": data}, str(data.created_by))
    yield Moment(version.created_at, _("%(model)s was trained") % {"model": version}, str(version.created_by))
    said = _("Purpose: %(purpose)s") % {"purpose": job.purpose} if job.purpose else ""
    yield Moment(job.created_at, _("the file was asked for"), str(job.submitted_by), said)
    yield Moment(artifact.created_at, _("it was generated, marked and signed"))


def _decided(artifact: Artifact, reader: User) -> Iterator[Moment]:
    version = artifact.model_version
    subjects = {
        ("artifact", str(artifact.pk)): _("the file"),
        ("job", str(artifact.job_id)): _("the request"),
        ("model_version", str(version.pk)): str(version),
    }
    if version.dataset_version is not None:
        subjects["dataset_version", str(version.dataset_version_id)] = str(version.dataset_version)
    projects = list(visible_projects(reader).values_list("pk", flat=True))
    found = Review.objects.filter(subject_id__in=[key for _kind, key in subjects], project_id__in=projects)
    rows = list(found[:MOST_DECISIONS])
    for row in rows:
        if name := subjects.get((row.subject_kind, row.subject_id)):
            words = {"subject": name, "decision": row.decision}
            what = _(DECIDED.get(row.decision, DECIDED_OTHERWISE)) % words
            yield Moment(row.at, what, row.reviewer, row.comment)
    if version.decided_at and not any(row.subject_kind == "model_version" for row in rows):
        words = {"subject": version, "decision": version.get_stage_display()}
        yield Moment(version.decided_at, _(DECIDED_OTHERWISE) % words, str(version.decided_by or ""), version.comment)


def _logged(artifact: Artifact, proof: Mapping[str, Any] | None) -> Iterator[Moment]:
    if artifact.leaf is not None:
        yield Moment(artifact.leaf.at, _("its entry was written for the log"))
    log = (proof or {}).get("log") or {}
    head = log.get("head") or {}
    if (at := parse_datetime(str(head.get("at", "")))) is not None:
        size = f"{head['size']:,}"
        yield Moment(at, _("the head over %(size)s events was signed that the proof leads to") % {"size": size})
        if (found := stamped_head(int(log["index"]), int(head["size"]))) and found[1].stamped_at:
            yield Moment(found[1].stamped_at, _("an outside authority stamped a head of the log that covers the entry"))
