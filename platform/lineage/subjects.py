"""The kinds of things that reviews, legal holds and the log speak of: their rows, and the way to their project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from accounts.models import Project, User
from accounts.services import visible_projects
from catalog.models import Alias, Dataset, DatasetVersion, ModelVersion
from jobs.models import Job
from lineage.models import Artifact
from models_store.errors import NotFound
from models_store.ids import is_uuid


@dataclass(frozen=True)
class Subject:
    """One kind: its model, the path to its project ("pk": it is one), and what is selected with it."""

    model: type[models.Model]
    path: str
    related: tuple[str, ...] = ()

    def rows(self) -> models.QuerySet[Any]:
        """All of that kind, whoever may see them."""
        return self.model._default_manager.select_related(*self.related)


SUBJECTS: Mapping[str, Subject] = {
    "project": Subject(Project, "pk"),
    "dataset": Subject(Dataset, "project", ("project",)),
    "dataset_version": Subject(DatasetVersion, "dataset__project", ("dataset__project", "created_by")),
    "model_version": Subject(
        ModelVersion, "model__project", ("model__project", "dataset_version__dataset", "created_by")
    ),
    "job": Subject(Job, "project", ("project", "submitted_by")),
    "artifact": Subject(Artifact, "project", ("project", "job__submitted_by", "model_version__model", "withdrawal")),
    "alias": Subject(Alias, "model__project", ("model__project", "version__model")),
}


def subject_for(user: User, kind: str, subject_id: str) -> Any:
    """The thing of that kind (a key of SUBJECTS) and id; NotFound for one that the person may not see."""
    subject = SUBJECTS[kind]
    mine = subject.rows().filter(**{f"{subject.path}__in": visible_projects(user)})
    found = mine.filter(pk=subject_id).first() if is_uuid(subject_id) else None
    if found is None:
        raise NotFound(field="subject", got=subject_id)
    return found


def project_of(kind: str, subject: Any) -> Project:
    """The project of a row that `subject_for` found."""
    for name in SUBJECTS[kind].path.split("__"):
        subject = subject if name == "pk" else getattr(subject, name)
    return subject


def found(kind: str, ids: Iterable[str]) -> dict[str, Any]:
    """Things of one kind by id, in one query; what is no longer there is left out."""
    wanted = list(ids)
    return {str(row.pk): row for row in SUBJECTS[kind].rows().filter(pk__in=wanted)} if wanted else {}
