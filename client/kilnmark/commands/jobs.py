"""`kilnmark jobs`: list, show, logs, cancel, pause, resume, retry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import typer

from kilnmark.answers.answer import moment
from kilnmark.answers.jobs import Job
from kilnmark.commands import says
from kilnmark.commands.completion import kinds, states
from kilnmark.commands.options import JobId, Json, Profile, Project
from kilnmark.commands.session import connected

app = typer.Typer(no_args_is_help=True, help="List jobs and steer them.")
COLUMNS = ("job", "kind", "state", "name", "done", "why", "created", "by")
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")]


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(autocompletion=kinds)] = None,
    state: Annotated[list[str] | None, typer.Option(help="Again for more.", autocompletion=states)] = None,
    project: Project = None,
    model: Annotated[str | None, typer.Option(help="The id of a model that they use or made.")] = None,
    window: Annotated[str | None, typer.Option(help="Name or id of the window they are bound to.")] = None,
    created_after: Annotated[datetime | None, typer.Option(help="A day or a time.")] = None,
    created_before: Annotated[datetime | None, typer.Option(help="A day or a time.")] = None,
    limit: Limit = 20,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Jobs of your projects, newest first. With --json one job a line."""
    asked: dict[str, Any] = {
        "kind": kind, "state": state or None, "project": project, "model": model, "window": window,
        "created_after": zoned(created_after), "created_before": zoned(created_before),
    }  # fmt: skip
    with connected(profile) as client:
        rows = islice(client.jobs.list(**{name: said for name, said in asked.items() if said is not None}), limit)
        if as_json:
            for job in rows:
                says.line(job.raw)
            return
        says.table(COLUMNS, map(row, rows), empty="There is no such job.")


def zoned(said: datetime | None) -> datetime | None:
    """A time without a zone is one of this machine."""
    return said.astimezone() if said else None


def row(job: Job) -> tuple[Any, ...]:
    """One line of the list."""
    share = f"{job.progress.done}/{job.progress.total}" if job.progress.total else ""
    why = job.error.detail if job.error else job.state_reason
    return job.id, job.kind, job.state, job.name, share, why, job.created_at, job.submitted_by


@app.command()
def show(job: JobId, as_json: Json = False, profile: Profile = None) -> None:
    """One job, with why it waits and when it is expected to run."""
    with connected(profile) as client:
        found = client.jobs.get(job)
    if as_json:
        says.document(found.raw)
        return
    waiting, done = dict(found.waiting or {}), found.progress
    share = f"{done.done}/{done.total} {done.unit}" if done.total else ""
    expected = [(name, moment(str(span.get("p50")), name)) for name in ("start", "end") if (span := waiting.get(name))]
    says.fields(
        [
            ("job", found.id), ("kind", found.kind), ("name", found.name), ("project", found.project),
            ("state", found.state), ("why", found.state_reason),
            ("progress", share),
            *((f"expected {name}", at) for name, at in expected),
            ("family", found.family), ("parameters", found.params), ("inputs", found.inputs), ("seed", found.seed),
            ("window", found.window), ("priority", found.priority or None), ("after", found.after),
            ("then", found.then),
            ("purpose", found.purpose), ("submitted by", found.submitted_by), ("created", found.created_at),
            ("started", found.started_at), ("finished", found.finished_at),
            ("error", f"{found.error.detail} ({found.error.facts})" if found.error else None), ("result", found.result),
        ]
    )  # fmt: skip


@app.command()
def logs(job: JobId, as_json: Json = False, profile: Profile = None) -> None:
    """The kept lines of a job's log."""
    with connected(profile) as client:
        for one in client.jobs.logs(job):
            if as_json:
                says.line(one.raw)
            else:
                says.say(f"{says.cell(one.at)}  {one.level:7} {one.message}")


def _verb(name: str, says_what: str) -> Callable[..., None]:
    def asked(job: JobId, as_json: Json = False, profile: Profile = None) -> None:
        with connected(profile) as client:
            found: Job = getattr(client.jobs, name)(job)
        if as_json:
            says.document(found.raw)
        else:
            says.say(found.id, found.state, found.state_reason)

    asked.__doc__ = says_what
    return app.command(name)(asked)


cancel = _verb("cancel", "Cancel a job: at once where it waits, between two steps where it runs.")
pause = _verb("pause", "Let a job save its state and leave; `resume` lets it go on.")
resume = _verb("resume", "Let a paused job go on.")
retry = _verb("retry", "Try a job again that did not succeed, from its last saved state.")
