"""What a body says of a model version becomes one: its id, `name@3`, or `name@production`; models by name or id."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.models import Project, User
from accounts.services import visible_ids, visible_projects
from catalog.alias_models import Alias
from catalog.aliases import names_of
from catalog.models import Model, ModelVersion
from catalog.stages import USABLE
from config.quick_rows import row_by
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.ids import is_uuid

EXPECTED = "an id, name@number or name@alias"
SHOWN = 20  # names that an error lists
DIGITS = 9  # of a version's number


class UnknownAlias(NotFound):
    """The model has no such alias or version."""

    code = "unknown_alias"


class AliasUnusable(Conflict):
    """The alias stands for a version that may no longer be used: let it stand for another one."""

    code = "alias_unusable"


def model_version_for(user: User, said: str, *, field: str = "model_version", project: str = "") -> ModelVersion:
    """The model version that is meant, as far as the person may see it.

    `name` is the name or the id of a model; `project` (name or id) decides between models of one name. Raises
    NotFound (UnknownAlias where only what stands behind the @ is wrong) or AliasUnusable.
    """
    name, at, word = str(said).rpartition("@")
    if is_uuid(said):
        found = _version_by_id(user, said)
    elif at and name and word:
        return version_of(model_for(user, name, field=field, project=project), word, field=field)
    else:
        found = None
    if found is None:
        raise NotFound(
            f"There is no model version {said!r} that you may see.", field=field, expected=EXPECTED, got=said
        )
    return found


def model_for(user: User, said: str, *, field: str = "model", project: str = "") -> Model:
    """The model of that name or id; InvalidInput where several projects have one of that name."""
    mine = Model.objects.select_related("project").filter(project__in=visible_projects(user))
    named = mine.filter(pk=said) if is_uuid(said) else mine.filter(name=said)
    found = _in_project(list(named[:SHOWN]), project)
    if not found:
        raise NotFound(f"There is no model {said!r} that you may see.", field=field, got=said)
    if found[1:]:
        raise InvalidInput(
            f"More than one of your projects has a model called {said!r}: name the project, or the model by its id.",
            code="ambiguous_name", field=field, expected=[str(one.pk) for one in found], got=said,
        )  # fmt: skip
    return found[0]


def _in_project(rows: list[Model], project: str) -> list[Model]:
    """Of several rows of one name, those of the project that is named by slug or id."""
    if not rows[1:] or not project:
        return rows
    return [one for one in rows if project in (one.project.slug, str(one.project_id))]


def version_of(model: Model, word: str, *, field: str = "model_version") -> ModelVersion:
    """The version of a model by number or alias."""
    versions = ModelVersion.objects.select_related("model__project").filter(model=model)
    number = word.removeprefix("v")
    if number.isascii() and number.isdecimal():
        found = versions.filter(number=int(number)).first() if len(number) <= DIGITS else None
    else:
        alias = Alias.objects.filter(model=model, name=word).select_related("version__model__project").first()
        found = alias.version if alias else None
        if found and found.stage not in USABLE:
            raise AliasUnusable(
                f"{model.name}@{word} stands for {found}, which was {found.stage}: let it stand for another version.",
                field=field, expected="an alias of an approved version", got=f"{model.name}@{word}",
            )  # fmt: skip
    if found is None:
        raise UnknownAlias(
            f"The model {model.name} has no version or alias {word!r}.", field=field, expected=_known(model),
            got=f"{model.name}@{word}",
        )  # fmt: skip
    return found


def alias_for(user: User, said: str, *, field: str = "alias", project: str = "") -> Alias:
    """The alias of that id, or model@name, whatever it stands for now."""
    name, at, word = str(said).rpartition("@")
    if is_uuid(said):
        rows = Alias.objects.filter(pk=said, model__project__in=visible_projects(user))
    elif at and name:
        rows = Alias.objects.filter(model=model_for(user, name, field=field, project=project), name=word)
    else:
        rows = Alias.objects.none()
    found = rows.select_related("model__project", "version").first()
    if found is None:
        said_so = f"There is no alias {said!r} that you may see."
        raise NotFound(said_so, field=field, expected="an id or model@alias", got=said)
    return found


def aliases_of(versions: Collection[ModelVersion]) -> dict[Any, list[str]]:
    """The aliases that stand for each of these versions now, by the version's id; one query."""
    found: dict[Any, list[str]] = {version.pk: [] for version in versions}
    rows = Alias.objects.filter(version__in=list(found)).select_related("model").order_by("name")
    for alias in rows if found else ():
        found[alias.version_id].append(str(alias))
    return found


def _version_by_id(user: User, said: str) -> ModelVersion | None:
    """As nearly every submission names one: row by row by their keys."""
    found, seen = row_by(ModelVersion, id=said), visible_ids(user)
    model = row_by(Model, id=found.model_id) if found else None
    if found is None or model is None or (seen is not None and model.project_id not in seen):
        return None
    found.model = model
    model.project = row_by(Project, id=model.project_id)
    return found


def _known(model: Model) -> list[str]:
    """What stands behind the @ of a model: its aliases, then its newest numbers."""
    numbers = model.versions.order_by("-number").values_list("number", flat=True)[:SHOWN]
    return [f"{model.name}@{word}" for word in (*names_of(model)[:SHOWN], *numbers)]
