"""From a job, or a request for one, to the plain facts that policies judge (audit/policy.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, F, Sum, When

from accounts.models import Project, User
from audit import reviews
from audit.judged import RELEASES, TRAINS, Data, Facts, Trained
from catalog.models import DatasetVersion, ModelVersion
from catalog.plugins import abilities
from catalog.stages import submitters
from config import clock
from jobs.ancestry import data_behind
from jobs.models import ENDED, Job, State
from jobs.pace import size_of
from jobs.request import Given, Promise, Request
from models_store.ids import first_id

if TYPE_CHECKING:
    from audit.policy import Policy

WEEK, SLACK = timedelta(days=7), timedelta(hours=1)  # ids say when a row was made, by the clock of its machine
UNDONE = tuple(state for state in ENDED if state != State.SUCCEEDED)


def facts_of(asked: Request | Job, own: UUID, inputs: Mapping[str, Given], rules: Sequence[Policy]) -> Facts:
    """What is known of a job; `own` is its id, `rules` say what has to be counted."""
    produces = str(abilities("kind", asked.kind).get("produces", RELEASES))
    private = produces == TRAINS and _private(asked.family)
    weekly = produces == RELEASES and any(rule.reads_week() for rule in rules)
    return Facts(
        kind=asked.kind,
        produces=produces,
        family=asked.family,
        purpose=asked.purpose,
        intended_use=asked.intended_use,
        count=count_of(asked.kind, asked.params) if produces == RELEASES else 0,
        this_week=_this_week(asked.project, asked.kind, own) if weekly else 0,
        data=_reviewed(_data(inputs, private)),
        models=tuple(_trained(role, one) for role, one in inputs.items() if isinstance(one, ModelVersion)),
    )


def count_of(kind: str, params: Mapping[str, Any]) -> int:
    """Artifacts that a job of such parameters makes."""
    return int(size_of(kind, params) or params.get("count") or 0)


def _this_week(project: Project, kind: str, own: UUID) -> int:
    """What other jobs of the kind made, and what those that have not ended ask for; nobody submits in between."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    since = clock.now() - WEEK
    young = Job.objects.filter(pk__gte=first_id(since - SLACK), created_at__gt=since)  # by id: there is an index
    made = Case(When(state__in=UNDONE, then=F("done")), default=F("asks_for"))
    return young.filter(project=project, kind=kind).exclude(pk=own).aggregate(sum=Sum(made))["sum"] or 0


def _data(inputs: Mapping[str, Given], learns_privately: bool) -> Iterator[tuple[DatasetVersion, str, bool, bool]]:
    """(version, role, direct, private) of all that the job learns from, or that its models learned from."""
    for role, given in inputs.items():
        if isinstance(given, DatasetVersion):
            yield given, role, True, learns_privately
        elif isinstance(given, ModelVersion | Promise):
            known = given.dataset_version if isinstance(given, ModelVersion) else given.data
            known = known if isinstance(known, DatasetVersion) else None
            for version, family in data_behind(given.job_id, given.family, known):
                yield version, role, False, _private(family)


def _private(family: str) -> bool:
    return bool(family and abilities("family", family).get("private"))


def _reviewed(used: Iterator[tuple[DatasetVersion, str, bool, bool]]) -> tuple[Data, ...]:
    found: dict[UUID, tuple[DatasetVersion, str, bool, bool]] = {}
    for version, role, direct, private in used:
        before = found.get(version.pk)
        found[version.pk] = (version, role, direct or bool(before and before[2]), private and (not before or before[3]))
    decisions = reviews.newest("dataset_version", map(str, found)) if found else {}
    return tuple(
        Data(
            role=role, id=str(version.pk), name=str(version), licence=version.dataset.licence,
            personal=version.dataset.contains_personal_data,
            sensitive=tuple(map(str, version.dataset.sensitive_attributes)),
            brought_by=names(brought_by(version)),
            direct=direct, private=private, review=decisions.get(str(version.pk), ""),
        )
        for version, role, direct, private in found.values()
    )  # fmt: skip


def brought_by(version: DatasetVersion) -> set[int]:
    """Who brought a data set version, and who declared the data set: ids."""
    return {version.created_by_id, version.dataset.created_by_id}


def names(people: set[int]) -> tuple[str, ...]:
    """By their ids, in order."""
    return tuple(User.objects.filter(pk__in=people).order_by("username").values_list("username", flat=True))


def _trained(role: str, version: ModelVersion) -> Trained:
    made_by = names(submitters(version))
    return Trained(role=role, id=str(version.pk), name=str(version), stage=version.stage, made_by=made_by)
