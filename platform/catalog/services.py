"""The verbs on data sets and models."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import Project, Role, User
from accounts.services import require, visible_projects
from audit import reviews
from audit.services import append
from catalog.models import Dataset, DatasetVersion, Model, ModelVersion, VersionState
from catalog.plugins import plugin
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.ids import is_uuid

REQUIRED_DECLARATION = ("source", "licence", "legal_basis")
LATEST = "latest:"
DECLARATION = (*REQUIRED_DECLARATION, "contains_personal_data", "sensitive_attributes", "notes")


@transaction.atomic
def declare_dataset(
    project: Project, *, name: str, modality: str, declaration: Mapping[str, Any], actor: User
) -> Dataset:
    """A named data set with its declaration; the person who declares counts as a submitter in reviews."""
    require(actor, project, Role.SUBMITTER)
    plugin("modality", modality)
    check_declaration(declaration)
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                project=project, name=name, modality=modality, created_by=actor, **dict(declaration)
            )
    except IntegrityError as taken:
        raise Conflict(f"Project {project.slug} has a data set called {name!r}.", field="name", got=name) from taken
    append(
        actor=actor.username,
        verb="dataset.declared",
        subject=("dataset", str(dataset.pk)),
        project=project.pk,
        detail={"name": name, "modality": modality, "declaration": dataset.declaration()},
    )
    return dataset


def check_declaration(declaration: Mapping[str, Any]) -> None:
    """Refuse a declaration that leaves out what a reviewer needs, naming the field."""
    if unknown := sorted(set(declaration) - set(DECLARATION)):
        raise InvalidInput(
            "The declaration has no such field.",
            field=f"declaration.{unknown[0]}",
            expected=list(DECLARATION),
            got=unknown[0],
        )
    for field in REQUIRED_DECLARATION:
        said = declaration.get(field)
        if not isinstance(said, str) or not said.strip():
            raise InvalidInput(
                f"The declaration must say its {field.replace('_', ' ')}.",
                field=f"declaration.{field}",
                expected="a text",
                got=said,
            )
    attributes = declaration.get("sensitive_attributes", [])
    if not isinstance(attributes, list) or not all(isinstance(word, str) for word in attributes):
        raise InvalidInput(
            "Sensitive attributes are a list of names.",
            field="declaration.sensitive_attributes",
            expected="a list of texts",
            got=attributes,
        )


@transaction.atomic
def open_version(dataset: Dataset, *, options: Mapping[str, Any], actor: User) -> DatasetVersion:
    """The next version of a data set, waiting for its ingest job."""
    if Dataset.objects.select_for_update().get(pk=dataset.pk).erased_at:
        raise Conflict("The data set was erased: declare another one.", code="data_erased", field="dataset")
    newest = dataset.versions.aggregate(n=Max("number"))["n"] or 0
    return DatasetVersion.objects.create(dataset=dataset, number=newest + 1, options=dict(options), created_by=actor)


@transaction.atomic
def fill_version(
    version_id: uuid.UUID, *, actor: str, files: dict[str, str], said: Mapping[str, Any], problems: list[Any]
) -> None:
    """What an ingest found: files in the store and the content of dataset.json."""
    version = DatasetVersion.objects.select_related("dataset").get(pk=version_id)
    rows = DatasetVersion.objects.filter(pk=version_id, state=VersionState.PENDING).update(
        state=VersionState.READY,
        sha256=files["dataset.json"],
        files=files,
        spec=said["spec"],
        profile=said["profile"],
        counts=said["counts"],
        problems=problems,
    )
    if not rows:
        raise Conflict(f"Data set version {version} has been filled already.")
    append(
        actor=actor,
        verb="dataset_version.ready",
        subject=("dataset_version", str(version_id)),
        project=version.dataset.project_id,
        detail={"sha256": files["dataset.json"], "counts": said["counts"], "problems": len(problems)},
    )


def fail_version(version_id: uuid.UUID) -> None:
    """Its ingest came to nothing; the job says why."""
    DatasetVersion.objects.filter(pk=version_id, state=VersionState.PENDING).update(state=VersionState.FAILED)


def reopen_version(version_id: uuid.UUID) -> None:
    """Its ingest is tried again."""
    DatasetVersion.objects.filter(pk=version_id, state=VersionState.FAILED).update(state=VersionState.PENDING)


@transaction.atomic
def publish_model(project: Project, name: str, *, actor: str, created_by: User, **facts: Any) -> ModelVersion:
    """The next version of the model of that name, a draft until somebody else approves it."""
    model, _ = Model.objects.get_or_create(project=project, name=name)
    Model.objects.select_for_update().get(pk=model.pk)
    newest = model.versions.aggregate(n=Max("number"))["n"] or 0
    version = ModelVersion.objects.create(model=model, number=newest + 1, created_by=created_by, **facts)
    append(
        actor=actor,
        verb="model_version.published",
        subject=("model_version", str(version.pk)),
        project=project.pk,
        detail={"model": name, "version": version.number, "manifest": version.sha256},
    )
    reviews.ask(("model_version", str(version.pk)), project=project.pk, actor=created_by.username)
    return version


def dataset_version_for(user: User, said: str, *, field: str = "dataset_version") -> DatasetVersion:
    """The data set version of that id, or `latest:` and a data set's name or id, as far as the person may see it."""
    if str(said).startswith(LATEST):
        return newest_version_for(user, said.removeprefix(LATEST), field=field)
    found = (
        DatasetVersion.objects.select_related("dataset__project")
        .filter(pk=said, dataset__project__in=visible_projects(user))
        .first()
        if is_uuid(said)
        else None
    )
    if found is None:
        expected = "an id, or latest: and the name of a data set"
        raise NotFound(
            f"There is no data set version {said!r} that you may see.", field=field, expected=expected, got=said
        )
    return found


def newest_version_for(user: User, said: str, *, field: str) -> DatasetVersion:
    """The newest version that is ready of a data set, by the name or id of the data set."""
    mine = Dataset.objects.filter(project__in=visible_projects(user))
    named = list(mine.filter(pk=said) if is_uuid(said) else mine.filter(name=said)[:2])
    if not named:
        raise NotFound(f"There is no data set {said!r} that you may see.", field=field, got=said)
    if named[1:]:
        raise InvalidInput(
            f"More than one of your projects has a data set called {said!r}: name it by its id.", field=field,
            code="ambiguous_name", expected=[str(one.pk) for one in named], got=said,
        )  # fmt: skip
    ready = DatasetVersion.objects.select_related("dataset__project").filter(state=VersionState.READY, dataset=named[0])
    newest = ready.order_by("-number").first()
    if newest is None:
        raise InvalidInput(
            f"The data set {named[0].name!r} has no ready version.", code="dataset_not_ready", field=field,
            expected="a data set with a version that is ready", got=said,
        )  # fmt: skip
    return newest
