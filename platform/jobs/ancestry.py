"""What a model was trained on from, and what a revocation of that means for it.

A model that was trained on from a revoked one is not revoked with it: what it learned may or may not matter, and that
is for people to say. It is told everywhere, and jobs that hand out what it makes are held until a second person has
confirmed it (or revoked it too). A version that was approved after the revocation counts as confirmed: whoever
approved it was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from catalog.models import DatasetVersion, ModelVersion, Stage
from config.quick_rows import rows_by
from jobs.models import JobInput
from jobs.parents import ROLE as PARENT

DEEPEST = 50  # generations looked at
NEEDS_CONFIRMING = (
    "held: {parent}, which {model} was trained on from, was revoked: a second person (a reviewer of the project) "
    "confirms {model}, or revokes it too"
)


def ancestors(version: ModelVersion) -> list[ModelVersion]:
    """The models it was trained on from, nearest first; one query for each generation."""
    found: dict[UUID, ModelVersion] = {}
    jobs = [version.job_id] if version.job_id else []
    for _generation in range(DEEPEST):
        if not jobs:
            break
        rows = JobInput.objects.filter(job__in=jobs, role__startswith=PARENT).exclude(model_version=None)
        rows = rows.select_related("model_version__model__project", "model_version__decided_by").order_by("pk")
        fresh = {row.model_version_id: row.model_version for row in rows if row.model_version_id not in found}
        found |= fresh
        jobs = [one.job_id for one in fresh.values() if one.job_id]
    return list(found.values())


def data_behind(maker: UUID | None, family: str, known: DatasetVersion | None) -> Iterator[tuple[DatasetVersion, str]]:
    """Every data set version that a model saw, also through models that its job worked on, and the family that learned
    from it: of the job that makes or made it, its family, and its data where they are known. Some come more than once.
    """
    if known:
        yield known, family
    due, seen = ({maker: family} if maker else {}), set[UUID]()
    related = ("dataset_version__dataset", "model_version__dataset_version__dataset")
    while due:
        seen |= due.keys()
        above = {}
        for row in JobInput.objects.filter(job__in=due).select_related(*related).order_by("pk"):
            if row.dataset_version:
                yield row.dataset_version, due[row.job_id]
            if (parent := row.model_version) and parent.dataset_version:
                yield parent.dataset_version, parent.family
            if parent and parent.job_id and parent.job_id not in seen:
                above[parent.job_id] = parent.family
        due = above


def descendants(versions: Iterable[UUID]) -> list[ModelVersion]:
    """The models that were trained on from these, nearest first."""
    found: dict[UUID, ModelVersion] = {}
    above = list(versions)
    for _generation in range(DEEPEST):
        if not above:
            break
        rows = ModelVersion.objects.filter(job__inputs__role__startswith=PARENT, job__inputs__model_version__in=above)
        fresh = {row.pk: row for row in rows.select_related("model__project").order_by("pk") if row.pk not in found}
        found |= fresh
        above = list(fresh)
    return list(found.values())


def revoked_ancestors(version: ModelVersion) -> list[ModelVersion]:
    """Those that were revoked."""
    return [one for one in ancestors(version) if one.stage == Stage.REVOKED]


def _has_parents(version: ModelVersion) -> bool:
    """Whether it was trained on from any: nearly none is, and each submission asks."""
    if version.job_id is None:
        return False
    rows = rows_by(JobInput, job=version.job_id)
    return any(row.model_version_id is not None and row.role.startswith(PARENT) for row in rows)


def unconfirmed(version: ModelVersion) -> ModelVersion | None:
    """The revoked model that nobody has taken into account yet, if there is one; only an approval can have."""
    if version.stage != Stage.APPROVED or not _has_parents(version):
        return None
    decided: Any = version.decided_at
    revoked = (one for one in revoked_ancestors(version) if one.decided_at)
    return next((one for one in revoked if decided is None or one.decided_at > decided), None)
