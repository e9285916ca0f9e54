"""Pictures of data and of trainings: where the sheet of a version and the sample grids lie."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Case, Max, Value, When

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import DatasetVersion, ModelVersion, Stage
from jobs.models import JobEvent

LOOKED_AT = 4  # newest models of a family among which one with a sample grid is looked for
HIDDEN = (Stage.REJECTED, Stage.REVOKED)
PREVIEW = "preview.png"  # the file of a version that is its sheet


def preview(version: DatasetVersion) -> str:
    """The address of the sheet of its items; "" where there is none."""
    return preview_address(version.dataset_id, version.number) if PREVIEW in version.files else ""


def preview_address(dataset: UUID, number: int) -> str:
    """Where the sheet of a version lies that has one."""
    return f"/api/v1/datasets/{dataset}/versions/{number}/preview"


def sample_address(job: UUID, step: int) -> str:
    """Where the sample grid of a training at a step lies."""
    return f"/api/v1/jobs/{job}/samples/{step}"


def sample_grids(jobs: Iterable[UUID | None]) -> dict[UUID, str]:
    """The address of the newest sample grid of each training that has one; one query."""
    asked = [pk for pk in jobs if pk]
    rows = JobEvent.objects.filter(type="sample", job__in=asked).order_by()
    newest = rows.values("job").annotate(last=Max("pk")).values("last")
    found = JobEvent.objects.filter(pk__in=newest).values_list("job", "data")
    return {job: sample_address(job, data["step"]) for job, data in found}


def family_samples(families: Iterable[str], modality: str, user: User) -> dict[str, tuple[ModelVersion, str]]:
    """For each family a model that the person may see, with its sample grid: approved ones first, then newest.

    A query for each family, and two for all.
    """
    approved = Case(When(stage=Stage.APPROVED, then=Value(0)), default=Value(1))
    seen = ModelVersion.objects.filter(model__project__in=visible_projects(user)).exclude(job=None)
    seen = seen.exclude(stage__in=HIDDEN).select_related("model").order_by(approved, "-pk")
    rows = seen.filter(modality=modality) if modality else seen
    some = {name: list(rows.filter(family=name)[:LOOKED_AT]) for name in families}
    grids = sample_grids(one.job_id for found in some.values() for one in found)
    best = {name: next((one for one in found if one.job_id in grids), None) for name, found in some.items()}
    return {name: (one, grids[one.job_id]) for name, one in best.items() if one and one.job_id}
