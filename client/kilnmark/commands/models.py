"""`kilnmark models` and `kilnmark approve`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer

from kilnmark.answers.catalog import ModelVersion
from kilnmark.commands import says
from kilnmark.commands.jobs import Limit
from kilnmark.commands.options import Json, Profile, Project
from kilnmark.commands.session import connected

app = typer.Typer(no_args_is_help=True, help="List models, and look at one.")


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Option(help="Only the model of this name.")] = None,
    project: Project = None,
    limit: Limit = 20,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Models of your projects, newest first. With --json one model a line."""
    with connected(profile) as client:
        rows = islice(client.models.list(name=name, project=project), limit)
        if as_json:
            for model in rows:
                says.line(model.raw)
            return
        lines = ((one.name, one.project, one.created_at, one.id) for one in rows)
        says.table(("model", "project", "created", "id"), lines, empty="There is no model yet.")


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="NAME or id of a model; NAME@NUMBER or NAME@ALIAS for one version.")],
    project: Project = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """A model with its versions, or one version with its figures."""
    with connected(profile) as client:
        if "@" in model:
            found = client.models.version(*named(model), project=project)
            says.document(found.raw) if as_json else _version(found)
            return
        whole = client.models.get(model, project=project)
    if as_json:
        says.document(whole.raw)
        return
    names = {number: name for name, number in whole.aliases.items()}
    lines = (
        (f"{whole.name}@{one.number}", one.stage, names.get(one.number, ""), one.family, one.created_at, one.id)
        for one in whole.versions
    )
    says.table(("version", "stage", "alias", "family", "created", "id"), lines, empty="It has no version.")


def _version(found: ModelVersion) -> None:
    says.fields(
        [
            ("model", f"{found.name}@{found.number}"), ("version", found.id), ("stage", found.stage),
            ("aliases", ", ".join(found.aliases)), ("project", found.project), ("family", found.family),
            ("job", found.job), ("data", found.dataset_version), ("by", found.created_by),
            ("created", found.created_at),
            ("decided by", found.decided_by), ("decided", found.decided_at), ("comment", found.comment),
            *((name, value) for name, value in found.metrics.items() if not isinstance(value, (dict, list))),
            ("manifest SHA-256", found.sha256),
        ]
    )  # fmt: skip


def named(said: str) -> tuple[str, str]:
    """Model and version of NAME@NUMBER or NAME@ALIAS; BadParameter for anything else."""
    name, sign, version = said.rpartition("@")
    if not sign or not name or not version:
        raise typer.BadParameter(f"expected NAME@NUMBER or NAME@ALIAS, got {said!r}.", param_hint="MODEL")
    return name, version


def approve(
    model: Annotated[str, typer.Argument(help="NAME@NUMBER or NAME@ALIAS.", metavar="MODEL")],
    comment: Annotated[str, typer.Option(help="What you looked at; it stays in the log.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Say no; needs a comment.")] = False,
    project: Project = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Let a model version pass, as a second person: nobody approves what they trained."""
    name, version = named(model)
    with connected(profile) as client:
        found = client.models.version(name, version, project=project)
        verb: Any = client.models.reject if reject else client.models.approve
        decided: ModelVersion = verb(found.model, found.number, comment)
    if as_json:
        says.document(decided.raw)
    else:
        says.say(f"{decided.name}@{decided.number}", decided.stage)
