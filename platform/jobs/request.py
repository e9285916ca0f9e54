"""A job as it was asked for: checked values, from the door (jobs/admission.py) to the rows (jobs/submission.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.models import Project
from catalog.models import DatasetVersion, ModelVersion
from models_store.ids import new_id


@dataclass(frozen=True)
class Upload:
    """A file a person brought, already in the project's store."""

    sha256: str
    name: str


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


@dataclass(frozen=True, kw_only=True)
class Request:
    """One job, the jobs it comes `after`, and those that come `then`."""

    id: UUID = field(default_factory=new_id)
    kind: str
    project: Project
    queue: str
    inputs: Mapping[str, Given]
    params: Mapping[str, Any]
    schema_digest: str = ""
    family: str = ""
    name: str = ""
    seed: str = ""
    priority: int = 0
    purpose: str = ""
    intended_use: str = ""
    idempotency_key: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[UUID, ...] = ()
    then: tuple[Request, ...] = ()

    def whole(self) -> Iterator[Request]:
        """This job and all that follow it."""
        yield self
        for one in self.then:
            yield from one.whole()
