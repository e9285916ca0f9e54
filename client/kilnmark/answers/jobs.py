"""Jobs, what happens in them, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilnmark.answers.answer import Answer
from kilnmark.errors import JobNotSucceeded

ENDED = ("succeeded", "failed", "errored", "cancelled")
STANDS_STILL = (*ENDED, "held", "paused")


@dataclass(frozen=True)
class Progress(Answer):
    """How far: `done` of `total` in `unit`; `eta_s` in seconds."""

    done: int = 0
    total: int = 0
    unit: str = ""
    eta_s: float | None = None


@dataclass(frozen=True)
class JobError(Answer):
    """Why a job did not succeed."""

    code: str = ""
    detail: str = ""
    field: str | None = None
    expected: Any = None
    got: Any = None

    @property
    def facts(self) -> str:
        """The code, and where, what was expected and what came, as far as it says."""
        said = {"field": self.field, "expected": self.expected, "got": self.got}
        return "; ".join([self.code, *(f"{name} {value}" for name, value in said.items() if value not in (None, ""))])


@dataclass(frozen=True)
class JobWarning(Answer):
    """Why it may not go as meant."""

    code: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Job(Answer):
    """A job; what waits or ended says why in `state_reason`."""

    id: str = ""
    kind: str = ""
    name: str = ""
    project: str = ""
    state: str = ""
    state_reason: str = ""
    attempts: int = 0
    progress: Progress = Progress()
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    error: JobError | None = None
    family: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    priority: int = 0
    window: str | None = None
    schedule: str | None = None
    due_at: datetime | None = None
    warnings: tuple[JobWarning, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    purpose: str = ""
    intended_use: str = ""
    submitted_by: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_step: int | None = None
    waiting: Mapping[str, Any] | None = None
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.state in ENDED

    @property
    def stands_still(self) -> bool:
        """Whether it has ended, is paused, or waits for a person or for other jobs."""
        return self.state in STANDS_STILL

    @property
    def succeeded(self) -> bool:
        """Whether it did what was asked."""
        return self.state == "succeeded"

    def checked(self) -> Job:
        """Itself; raises JobNotSucceeded where it ended otherwise."""
        if self.ended and not self.succeeded:
            raise JobNotSucceeded(self)
        return self


@dataclass(frozen=True)
class Event(Answer):
    """One thing that happened: state, metric, sample, checkpoint, facts, log, partial; `progress` has no id."""

    id: int | None = None
    type: str = ""
    at: datetime | None = None
    job: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LogLine(Answer):
    """A kept line of a job's log."""

    at: datetime | None = None
    level: str = ""
    message: str = ""


@dataclass(frozen=True)
class Metrics(Answer):
    """Curves: name -> points (step, value)."""

    series: Mapping[str, tuple[tuple[float | None, ...], ...]] = field(default_factory=dict)
    thinned: bool = False


@dataclass(frozen=True)
class Sample(Answer):
    """A sample grid made in training; `jobs.sample(id, step, to=...)` brings the picture."""

    step: int = 0
    at: datetime | None = None
    sha256: str = ""
    content: str = ""


@dataclass(frozen=True)
class BulkOutcome(Answer):
    """What became of one of many jobs; `state` is what is so now, also where it was not done."""

    id: str = ""
    done: bool = False
    state: str = ""
    state_reason: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Bulk(Answer):
    """One outcome for each job, and whether the filter fits more than were taken."""

    results: tuple[BulkOutcome, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Queue(Answer):
    """How many jobs wait and run there, who paused it, who works on it."""

    queue: str = ""
    depth: int = 0
    more: bool = False
    running: int = 0
    paused: Mapping[str, Any] | None = None
    workers: tuple[Mapping[str, Any], ...] = ()
