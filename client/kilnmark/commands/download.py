"""`kilnmark download`: what jobs, models and artifacts consist of, resumed where a line breaks, checked by digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from kilnmark.answers.lineage import Fetched
from kilnmark.commands import says
from kilnmark.commands.completion import models
from kilnmark.commands.models import named
from kilnmark.commands.options import JobId, Json, Profile, Project
from kilnmark.commands.session import connected

app = typer.Typer(no_args_is_help=True, help="Fetch files: an archive, single artifacts, a model.")
To = Annotated[Path, typer.Option(help="A file, or a folder that is there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")]
HERE = Path(".")
UNSAID = "(no digest was announced)"


def bar(what: str) -> Progress:
    """A progress bar for bytes, on standard error; nothing without a terminal."""
    screen = says.errors_console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)


def fetched(call: Callable[..., Fetched], *words: Any, **named: Any) -> Fetched:
    """A download with a bar."""
    with bar("") as shown:
        task = shown.add_task("downloading", total=None)
        return call(*words, **named, progress=lambda done, total: shown.update(task, completed=done, total=total))


def tell(files: list[Fetched], as_json: bool) -> None:
    """What was fetched, and where it lies."""
    if as_json:
        for one in files:
            said = {"path": str(one.path), "size": one.size, "sha256": one.sha256, "verified": one.verified}
            says.line(said)
        return
    for one in files:
        says.say(str(one.path), f"{one.size:,} bytes", f"SHA-256 {one.sha256}", "" if one.verified else UNSAID)


@app.command()
def archive(
    job: JobId, to: To = HERE, overwrite: Overwrite = False, as_json: Json = False, profile: Profile = None
) -> None:
    """All that a generate job made, in one zip."""
    with connected(profile) as client:
        tell([fetched(client.jobs.archive, job, to=to, overwrite=overwrite)], as_json)


@app.command()
def artifacts(
    job: JobId,
    to: Annotated[Path, typer.Option(help="A folder; it is made where it is not there.")] = HERE,
    overwrite: Overwrite = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Each file that a job made, one by one; those that are there already, byte for byte, are left alone."""
    to.mkdir(parents=True, exist_ok=True)
    with connected(profile) as client:
        for one in client.artifacts.list(job=job):
            tell([client.artifacts.download(one.id, to=to, overwrite=overwrite)], as_json)


@app.command()
def artifact(
    artifact: Annotated[str, typer.Argument(help="The id of an artifact.")],
    to: To = HERE,
    overwrite: Overwrite = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """One file."""
    with connected(profile) as client:
        tell([fetched(client.artifacts.download, artifact, to=to, overwrite=overwrite)], as_json)


@app.command()
def bundle(
    model: Annotated[str, typer.Argument(help="NAME@NUMBER or NAME@ALIAS.", metavar="MODEL", autocompletion=models)],
    to: To = HERE,
    overwrite: Overwrite = False,
    project: Project = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """A model version: ONNX graphs, card, figures, signed manifest."""
    with connected(profile) as client:
        tell([fetched(client.models.bundle, *named(model), to=to, overwrite=overwrite, project=project)], as_json)
