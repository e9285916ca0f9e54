"""`kilnmark generate MODEL --count 16 --to pictures.zip`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kilnmark.commands import says
from kilnmark.commands.download import Overwrite, fetched
from kilnmark.commands.exits import Exit, code_of_state
from kilnmark.commands.options import Json, ModelName, Profile, Project, Setting, settings
from kilnmark.commands.session import connected
from kilnmark.commands.train import Key, Priority, Purpose, Seed, Wait, Watch, Window, submitted
from kilnmark.commands.watch import watched
from kilnmark.downloads import in_the_way


def generate(
    model: ModelName,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 16,
    seed: Seed = None,
    set_: Setting = None,
    to: Annotated[Path | None, typer.Option(help="Wait, and write the archive of all files here (.zip).")] = None,
    overwrite: Overwrite = False,
    window: Window = None,
    priority: Priority = None,
    purpose: Purpose = None,
    project: Project = None,
    key: Key = None,
    watch: Watch = False,
    wait: Wait = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Generate with a model. --set sets controls of its family: temperature, prompt, class and others."""
    body: dict[str, Any] = {
        "model_version": model, "count": count, "seed": seed, "window": window, "priority": priority,
        "purpose": purpose,
        "project": project, "params": settings(set_) or None,
    }  # fmt: skip
    with connected(profile) as client:
        if to is None:
            submitted(client, "generate", body, key, watch, wait, as_json)
            return
        if to.is_file() and not overwrite:
            raise in_the_way(to)  # before anything is asked
        said = {name: value for name, value in body.items() if value is not None}
        job = client.jobs.submit("generate", key=key, **said)
        says.aside(f"job {job.id}")
        if watch and not as_json and (code := watched(client, job, False)):
            raise typer.Exit(code)
        job = client.jobs.wait(job.id, still=True)
        if (code := code_of_state(job.state)) is not Exit.DONE:
            why = f"{job.error.detail} ({job.error.facts})" if job.error else job.state_reason
            says.fault(f"job {job.id} {job.state}: {why}")
            raise typer.Exit(code)
        file = fetched(client.jobs.archive, job.id, to=to, overwrite=overwrite)
        if as_json:
            says.document({"job": job.raw, "file": {"path": file.path, "size": file.size, "sha256": file.sha256}})
        else:
            says.say(job.id, str(file.path))
