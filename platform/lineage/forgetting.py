"""The sweeper's part of retention and erasure: blobs that rows have given up leave the store, a few at a time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Project
from audit.services import append
from catalog.models import Dataset, DatasetVersion, VersionState
from catalog.store import blobs, namespace
from jobs.storage import free
from lineage.models import DoomedBlob
from lineage.references import needed
from models_store.errors import NotFound

log = logging.getLogger(__name__)
BATCH = 200  # blobs a call
SETTLED_S = 600.0  # a blob is put before its row is written: one that came later than this may belong to a coming row
SWEEPER = "worker sweeper"  # with a blank: nobody can be called so and see what it did everywhere


def doom(project_id: UUID, digests: Iterable[str], now: datetime, *, dataset: Dataset | None = None) -> None:
    """Note blobs that a row gives up; call it in the transaction that marks the row."""
    rows = (DoomedBlob(project_id=project_id, sha256=one, dataset=dataset, doomed_at=now) for one in set(digests))
    DoomedBlob.objects.bulk_create(rows)


def forget_due(now: datetime) -> int:
    """Delete a batch of blobs that nothing needs any more; returns how many. Any number of sweepers may do so."""
    by_project: dict[UUID, list[DoomedBlob]] = defaultdict(list)
    for row in DoomedBlob.objects.order_by("id")[:BATCH]:
        by_project[row.project_id].append(row)
    done = sum(_forget(Project.objects.get(pk=project), rows, now) for project, rows in by_project.items())
    finish_erasures(now)  # also of data that had no blobs, and after a crash between the last blob and this
    return done


def _forget(project: Project, rows: list[DoomedBlob], now: datetime) -> int:
    space, freed, done = namespace(project), 0, 0
    before = now - timedelta(seconds=SETTLED_S)
    kept = needed(project.pk, {row.sha256 for row in rows})
    for row in rows:
        size = 0
        if row.sha256 not in kept:
            try:
                size = blobs().size(space, row.sha256)
            except NotFound:
                size = 0
            if not blobs().delete(space, row.sha256, before=before):
                continue  # it is young: a row may be on its way; looked at again
        if DoomedBlob.objects.filter(pk=row.pk).delete()[0]:
            freed, done = freed + size, done + bool(size)
    free(project, freed)
    return done


def finish_erasures(now: datetime) -> int:
    """Say of data sets whose blobs are all gone that they are erased."""
    done = 0
    waiting = Dataset.objects.filter(versions__state=VersionState.ERASING).distinct()
    for dataset in waiting.exclude(pk__in=DoomedBlob.objects.exclude(dataset=None).values("dataset")):
        with transaction.atomic():
            versions = DatasetVersion.objects.filter(dataset=dataset, state=VersionState.ERASING)
            count = versions.update(state=VersionState.ERASED)
            if count:
                subject = ("dataset", str(dataset.pk))
                append(
                    actor=SWEEPER, verb="dataset.erasure_finished", subject=subject, project=dataset.project_id,
                    detail={"versions": count},
                )  # fmt: skip
                done += 1
    return done
