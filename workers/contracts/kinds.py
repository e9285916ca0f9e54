"""Kinds of job: the program over an attempt folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from workers.contracts.families import Role
from workers.contracts.reports import Reporter


class JobKind(Protocol):
    """One kind of job: which queue, which inputs, what comes out, and the program over the attempt folder."""

    name: ClassVar[str]
    queue: ClassVar[Literal["train", "generate", "io"]]
    roles: ClassVar[Mapping[str, Role]]  # a family's roles are added where `chooses_family`
    chooses_family: ClassVar[bool]
    produces: ClassVar[Literal["dataset_version", "model_version", "artifacts", "figures", "findings", "estimate"]]
    stays_warm: ClassVar[bool]  # whether the process is kept for the next order

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """Do the work; the returned JSON is the body of the result report."""
        ...


@dataclass(frozen=True)
class Attempt:
    """What a kind's program gets: the folder, the order read from it, a reporter, secrets that never touch the disk."""

    folder: Path
    order: Mapping[str, Any]
    report: Reporter
    wants: Callable[[], str]  # "", "save", "cancel", "pause" or "yield"; asked between steps
    secrets: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] | None = None  # ES256 over the claim; the key lives in the parent

    def leave_if_asked(self, step: int) -> None:
        """Raise Stopped where the work is to be left; a wish to save is none to leave."""
        if (want := self.wants()) and want != "save":
            raise Stopped(want, step)


class Stopped(Exception):
    """The engine left early because it was asked to; the state is saved."""

    def __init__(self, why: str, step: int) -> None:
        self.why, self.step = why, step
        super().__init__(why)
