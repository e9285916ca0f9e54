"""`kilnmark up PATH`: a data set, declared, uploaded and read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kilnmark.answers.catalog import Dataset, DatasetVersion, NewVersion
from kilnmark.commands import says
from kilnmark.commands.completion import datasets
from kilnmark.commands.download import bar
from kilnmark.commands.exits import Exit, code_of_state
from kilnmark.commands.options import Json, Profile, Project, settings
from kilnmark.commands.session import connected

if TYPE_CHECKING:
    from kilnmark import Client

MODALITIES = {".txt": "text"}


def up(
    path: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A file: a zip of pictures or texts, ...")
    ] = None,
    builtin: Annotated[str | None, typer.Option(help="A built-in set instead of a file: digits, mnist5k.")] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="A data set that is there, by name or id: this is its next version.", autocompletion=datasets
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the new data set.")] = None,
    modality: Annotated[str | None, typer.Option(help="image, text, or another that workers know.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the data come from.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which licence.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="On which legal basis they are used.")] = None,
    personal_data: Annotated[
        bool | None, typer.Option("--personal-data/--no-personal-data", help="Are there people in them?")
    ] = None,
    sensitive: Annotated[list[str] | None, typer.Option(help="A sensitive attribute; again for more.")] = None,
    notes: Annotated[str, typer.Option(help="Anything else.")] = "",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="How to read it: size=32, channels=grey; again for more."),
    ] = None,
    project: Project = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Answer as soon as the bytes have arrived.")] = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Bring data: declare a data set, upload a file (it goes on where it stopped), and wait until it was read."""
    if (path is None) == (builtin is None):
        raise typer.BadParameter("say a file or --builtin, one of them.", param_hint="PATH")
    options = settings(option, "--option")
    said: dict[str, Any] = {
        "source": source, "licence": licence, "legal_basis": legal_basis, "contains_personal_data": personal_data,
        "sensitive_attributes": sensitive or [], "notes": notes,
    }  # fmt: skip
    with connected(profile) as client:
        dataset = (
            _named(client, to, project) if to else _declared(client, path, name or builtin, modality, said, project)
        )
        version = _sent(client, dataset, path, builtin, options)
        _end(client, dataset, version, no_wait, as_json)


def _named(client: Client, said: str, project: str | None) -> Dataset:
    from kilnmark.commands.train import is_id

    if is_id(said):
        return client.datasets.get(said)
    rows = (one for one in client.datasets.list(project=project) if one.name == said)
    found = next(rows, None)
    if found is None:
        raise typer.BadParameter(f"There is no data set {said!r} that you may see.", param_hint="--to")
    return found


def _declared(
    client: Client, path: Path | None, name: str | None, modality: str | None, said: dict[str, Any], project: str | None
) -> Dataset:
    """A new data set; what is missing is asked for where somebody can answer."""
    named = name or (path.stem if path else "data")
    kind = modality or MODALITIES.get(path.suffix.lower() if path else "", "image")
    asked = {
        "source": _answer(said["source"], "Where do the data come from?", "--source"),
        "licence": _answer(said["licence"], "Under which licence?", "--licence"),
        "legal_basis": _answer(said["legal_basis"], "On which legal basis are they used?", "--legal-basis"),
    }
    people = said["contains_personal_data"]
    if people is None:
        if not sys.stdin.isatty():
            raise typer.BadParameter(
                "is needed where there is nobody to ask.", param_hint="--personal-data/--no-personal-data"
            )
        people = typer.confirm("Are there people in them?", err=True)
    declaration = {**said, **asked, "contains_personal_data": people}
    return client.datasets.declare(named, modality=kind, declaration=declaration, project=project)


def _answer(said: str | None, question: str, option: str) -> str:
    if said:
        return said
    if not sys.stdin.isatty():
        raise typer.BadParameter("is needed where there is nobody to ask.", param_hint=option)
    return str(typer.prompt(question, err=True))


def _sent(
    client: Client, dataset: Dataset, path: Path | None, builtin: str | None, options: dict[str, Any]
) -> NewVersion:
    if path is None:
        return client.datasets.builtin(dataset.id, str(builtin), options=options)
    with bar("") as shown:
        task = shown.add_task(f"uploading {path.name}", total=path.stat().st_size)
        return client.datasets.upload(
            dataset.id, path, options=options, resume=True,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )  # fmt: skip


def _end(client: Client, dataset: Dataset, version: NewVersion, no_wait: bool, as_json: bool) -> None:
    code, whole = Exit.DONE, None
    if not no_wait:
        screen = says.errors_console()
        if screen.is_terminal:
            with screen.status("reading the data"):
                job = client.jobs.wait(version.job, still=True)
        else:
            job = client.jobs.wait(version.job, still=True)
        code = code_of_state(job.state)
        whole = client.datasets.version(dataset.id, version.number)
        if job.error:
            says.fault(f"job {job.id} {job.state}: {job.error.detail} ({job.error.facts})")
    if as_json:
        says.document({"dataset": dataset.raw, "version": whole.raw if whole else version.raw})
    else:
        _tell(dataset, version, whole)
    raise typer.Exit(code)


def _tell(dataset: Dataset, version: NewVersion, whole: DatasetVersion | None) -> None:
    says.fields(
        [
            ("data set", dataset.name), ("version", version.id), ("number", version.number),
            ("state", whole.state if whole else version.state),
            *((name.replace("_", " "), count) for name, count in (whole.counts if whole else {}).items()),
            *((name.replace("_", " "), value) for name, value in _short(whole.profile if whole else {})),
            ("not taken", f"{len(whole.problems)} files" if whole and whole.problems else None),
        ]
    )  # fmt: skip
    for one in whole.problems[:5] if whole else ():
        says.say(
            f"  {one.get('name') or one.get('file') or ''}: {one.get('detail') or one.get('code') or one}", "yellow"
        )


def _short(profile: Any) -> list[tuple[str, Any]]:
    return [
        (name, value) for name, value in profile.items() if not isinstance(value, (dict, list)) and len(str(value)) < 60
    ]
