"""`kilnmark watch JOB`: how a job goes until it has ended; restarts of the platform are survived."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.live import Live

from kilnmark.answers.jobs import Event, Job
from kilnmark.commands import says
from kilnmark.commands.exits import Exit, code_of_state
from kilnmark.commands.options import JobId, Json, Profile
from kilnmark.commands.session import connected
from kilnmark.errors import KilnmarkError
from kilnmark.terminal.job_view import JobView
from kilnmark.terminal.pictures import Drawn, protocol
from kilnmark.terminal.png import Unshowable

if TYPE_CHECKING:
    from kilnmark import Client


def watch(job: JobId, as_json: Json = False, profile: Profile = None) -> None:
    """Watch a job until it has ended: progress, curves, the newest samples.

    Ctrl-C stops watching; the job goes on. With --json each event is one line, and the last one is the job.
    """
    with connected(profile) as client:
        raise typer.Exit(watched(client, client.jobs.get(job), as_json))


def watched(client: Client, job: Job, as_json: bool) -> Exit:
    """Follow a job to its end; the exit code for how it came out."""
    try:
        if as_json:
            ended = _as_lines(client, job)
        elif says.people_read():
            ended = _live(client, job)
        else:
            ended = _plainly(client, job)
    except KeyboardInterrupt:
        says.aside(f"The job goes on. To watch it again: kilnmark watch {job.id}")
        return Exit.INTERRUPTED
    return code_of_state(ended.state)


def told(job: Job) -> None:
    """How a job came out, for people."""
    if job.error:
        says.fault(f"job {job.id} {job.state}: {job.error.detail} ({job.error.facts})")
    elif job.result:
        says.fields((name.replace("_", " "), value) for name, value in job.result.items() if _short(value))
        says.fields((name, _figure(one)) for name, one in dict(job.result.get("metrics") or {}).items())


def _figure(said: Any) -> Any:
    """A figure of `evaluate` or `score` with its interval, where it has one."""
    if not isinstance(said, dict) or said.get("low") is None or said.get("high") is None:
        return said.get("value") if isinstance(said, dict) else said
    return f"{said['value']:.4g} ({said['low']:.4g} to {said['high']:.4g})"


def _short(value: Any) -> bool:
    return not isinstance(value, (dict, list)) and len(str(value)) < 100


def _as_lines(client: Client, job: Job) -> Job:
    for event in client.jobs.events(job.id):
        says.line({"event": event.type, "id": event.id, "at": event.raw.get("at"), "data": event.data})
    ended = client.jobs.get(job.id)
    says.line({"event": "end", "job": ended.raw})
    return ended


def _plainly(client: Client, job: Job) -> Job:
    for event in client.jobs.events(job.id):
        if event.type == "state":
            says.say(job.id, str(event.data.get("state")), str(event.data.get("reason") or ""))
    ended = client.jobs.get(job.id)
    told(ended)
    return ended


def _live(client: Client, job: Job) -> Job:
    way = protocol(os.environ)
    screen = says.console()
    view = JobView(job, pictures=way == "blocks" and screen.color_system not in (None, "standard"))
    grids = Grids(client, job, view, way)
    with Live(view, console=screen, refresh_per_second=4) as live:
        try:
            for event in client.jobs.events(job.id):
                view.heed(event)
                if drawn := grids.heed(event):
                    live.console.print(drawn)
            ended = client.jobs.get(job.id)
            view.ended(ended)
        except KeyboardInterrupt:
            live.stop()
            raise
    told(ended)
    return ended


class Grids:
    """Fetches sample grids as they are made; of those that were there before, the newest alone."""

    def __init__(self, client: Client, job: Job, view: JobView, way: str) -> None:
        self.client, self.job, self.view, self.way = client, job, view, way
        self.folder: Path | None = None
        self.newest = -1
        if job.kind == "train":
            self.newest = max((one.step for one in client.jobs.samples(job.id)), default=-1) - 1

    def heed(self, event: Event) -> Drawn | None:
        """Give the view the picture of an event; what is to be printed, where the terminal has a protocol for that."""
        step = event.data.get("step")
        if event.type != "sample" or not isinstance(step, int) or step <= self.newest:
            return None
        self.newest = step
        try:
            picture = self._picture(step)
        except (KilnmarkError, OSError):
            return None  # the next one will come
        if self.way != "blocks":
            try:
                screen = says.console().size
                return Drawn(picture, self.way, screen.width - 2, screen.height // 2)
            except Unshowable:
                return None
        self.view.show(step, picture, "" if self.view.pictures else self._kept(step, picture))
        return None

    def _picture(self, step: int) -> bytes:
        with tempfile.TemporaryDirectory(prefix="kilnmark-") as folder:
            place = Path(folder) / "grid.png"
            self.client.jobs.sample(self.job.id, step, to=place)
            return place.read_bytes()

    def _kept(self, step: int, picture: bytes) -> str:
        """A file with the newest grid, for terminals without colours."""
        self.folder = self.folder or Path(tempfile.mkdtemp(prefix="kilnmark-"))
        place = self.folder / "samples.png"
        place.write_bytes(picture)
        return str(place)
