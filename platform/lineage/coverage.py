"""What a legal hold reaches: its subject, everything that was made of it, and everything that it was made of.

Downwards from a data set: its versions, the jobs that work on them, the models these made, the jobs that use those, and
all their artifacts. Upwards from an artifact: its job, the models and data sets that this job worked on, and theirs. A
hold goes up and down from its subject, and never down again from what it reached upwards: a hold on one artifact keeps
the data it came from, and not every other artifact that came from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from catalog.models import ModelVersion
from jobs.models import Job, JobInput
from lineage.models import Artifact, LegalHold

_LOCK = 0x484F4C44  # "HOLD"


@dataclass
class Covered:
    """What must not be deleted in one project. `jobs` keep their files and logs, `making` their artifacts too."""

    everything: bool = False
    datasets: set[UUID] = field(default_factory=set)
    models: set[UUID] = field(default_factory=set)
    jobs: set[UUID] = field(default_factory=set)
    making: set[UUID] = field(default_factory=set)
    artifacts: set[UUID] = field(default_factory=set)


def keep_holds(project_id: UUID) -> None:
    """Let nobody set a hold in this project before this transaction has ended: what is asked now stays true of it.

    Whoever sets one, or gives bytes up, calls this before anything else is locked. SQLite has locked out everybody.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, project_id.int % 2**31])


def covered(project_id: UUID) -> Covered:
    """By the holds of a project that are in force; three queries where there is none but a few."""
    found = Covered()
    for hold in LegalHold.objects.filter(project=project_id, lifted_at=None):
        reach(found, hold)
    return found


def reach(found: Covered, hold: LegalHold) -> Covered:
    """`found` with what one hold covers."""
    if hold.subject_kind == "project":
        found.everything = True
    else:
        _STARTS[hold.subject_kind](found, UUID(hold.subject_id))
    return found


def _dataset(found: Covered, subject: UUID) -> None:
    found.datasets.add(subject)
    _down(found, Job.objects.filter(inputs__dataset_version__dataset=subject).values_list("pk", flat=True))


def _model(found: Covered, subject: UUID) -> None:
    found.models.add(subject)
    _up(found, ModelVersion.objects.filter(pk=subject).exclude(job=None).values_list("job", flat=True))
    _up_data(found, [subject])
    _down(found, Job.objects.filter(inputs__model_version=subject).values_list("pk", flat=True))


def _job(found: Covered, subject: UUID) -> None:
    _up(found, [subject])
    _down(found, [subject])


def _artifact(found: Covered, subject: UUID) -> None:
    found.artifacts.add(subject)
    row = Artifact.objects.filter(pk=subject).values_list("job", "model_version").first()
    if row:
        _up(found, [row[0]])
        found.models.add(row[1])


def _up(found: Covered, jobs: Iterable[UUID]) -> None:
    """These jobs, what they worked on, and the jobs that made that."""
    seen: set[UUID] = set()
    above = set(jobs)
    while above:
        seen |= above
        found.jobs |= above
        inputs = JobInput.objects.filter(job__in=above)
        data = inputs.exclude(dataset_version=None).values_list("dataset_version__dataset", flat=True)
        models = set(inputs.exclude(model_version=None).values_list("model_version", flat=True))
        _reach_data(found, set(data))
        found.models |= models
        _up_data(found, models)
        makers = ModelVersion.objects.filter(pk__in=models).exclude(job=None).values_list("job", flat=True)
        above = set(makers) - seen


def _up_data(found: Covered, models: Iterable[UUID]) -> None:
    rows = ModelVersion.objects.filter(pk__in=list(models)).exclude(dataset_version=None)
    _reach_data(found, set(rows.values_list("dataset_version__dataset", flat=True)))


def _reach_data(found: Covered, datasets: set[UUID]) -> None:
    """Data sets, and the jobs that read their uploads."""
    found.datasets |= datasets
    reading = JobInput.objects.filter(dataset_version__dataset__in=datasets, role="into")
    found.jobs |= set(reading.values_list("job", flat=True))


def _down(found: Covered, jobs: Iterable[UUID]) -> None:
    """These jobs with all that they made, the jobs that used that, and so on."""
    below, seen = set(jobs), set()
    while below:
        seen |= below
        found.jobs |= below
        found.making |= below
        made = set(ModelVersion.objects.filter(job__in=below).values_list("pk", flat=True))
        filled = JobInput.objects.filter(job__in=below, role="into").exclude(dataset_version=None)
        found.datasets |= set(filled.values_list("dataset_version__dataset", flat=True))
        found.models |= made
        below = set(JobInput.objects.filter(model_version__in=made).values_list("job", flat=True)) - seen


_STARTS = {"dataset": _dataset, "model_version": _model, "job": _job, "artifact": _artifact}
