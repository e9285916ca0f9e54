"""A job as it was asked for: checked values, from the door (jobs/admission.py) to the rows (jobs/submission.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.models import Project
from catalog.models import DatasetVersion, ModelVersion, VersionState
from jobs.models import Window
from models_store.ids import new_id


@dataclass(frozen=True)
class Upload:
    """A file a person brought, already in the project's store."""

    sha256: str
    name: str
    size: int = 0  # bytes


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What an earlier job makes, as an input of a later one; what is known of it before it is there.

    `takes` is the word of roles and results: model_version or dataset_version. `data` is what a promised model
    learns from.
    """

    job_id: UUID
    takes: str
    project: Project
    modality: str = ""
    family: str = ""
    data: DatasetVersion | Promise | None = None


Named = DatasetVersion | ModelVersion | Promise  # what a body can name
Given = Named | Upload


def home_of(given: Named) -> Project:
    """The project that an input belongs to."""
    if isinstance(given, DatasetVersion):
        return given.dataset.project
    return given.model.project if isinstance(given, ModelVersion) else given.project


def is_there(given: Named) -> bool:
    """Whether a job could begin to work on it."""
    return isinstance(given, ModelVersion) or (isinstance(given, DatasetVersion) and given.state == VersionState.READY)


def modality_of(given: Named | None) -> str:
    """Of data or a model, also of one that is not there yet; "" where nobody knows."""
    if isinstance(given, DatasetVersion):
        return given.dataset.modality
    return given.modality if given else ""


def data_of(given: Named | None) -> DatasetVersion | Promise | None:
    """Data itself, or what a model learned from; None where nobody knows."""
    if isinstance(given, ModelVersion):
        return given.dataset_version
    return given.data if isinstance(given, Promise) else given


@dataclass(frozen=True, kw_only=True)
class Request:
    """One job, the jobs it comes `after`, and those that come `then`."""

    id: UUID = field(default_factory=new_id)
    kind: str
    project: Project
    queue: str
    inputs: Mapping[str, Given]
    params: Mapping[str, Any]
    asks_for: int = 0  # artifacts
    schema_digest: str = ""
    family: str = ""
    name: str = ""
    seed: str = ""
    priority: int = 0
    purpose: str = ""
    intended_use: str = ""
    idempotency_key: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)  # by role: what was said where it was no id (name@alias)
    after: tuple[UUID, ...] = ()
    then: tuple[Request, ...] = ()
    window: Window | None = None
    warnings: tuple[Mapping[str, str], ...] = ()
    shares_batches: bool = False  # whether its kind can make its things in batches with those of other jobs

    @property
    def upload_bytes(self) -> int:
        """What its uploads hold together."""
        return sum(given.size for given in self.inputs.values() if isinstance(given, Upload))

    def whole(self) -> Iterator[Request]:
        """This job and all that follow it."""
        yield self
        for one in self.then:
            yield from one.whole()
