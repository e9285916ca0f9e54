"""Plug-ins, data sets, uploads, models, aliases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilnmark.answers.answer import Answer


@dataclass(frozen=True)
class Plugin(Answer):
    """Something that live workers can run; `schema` is the JSON Schema of its parameters."""

    kind: str = ""
    name: str = ""
    title: str = ""
    title_zh: str = ""
    summary: str = ""
    summary_zh: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)
    schema_digest: str = ""
    abilities: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class JobLink(Answer):
    """The job that a thing comes from."""

    id: str = ""


@dataclass(frozen=True)
class VersionLine(Answer):
    """A version in the list of its data set."""

    id: str = ""
    number: int = 0
    state: str = ""
    counts: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True)
class Dataset(Answer):
    """A named data set with its declaration; one that is asked for by id has its newest versions."""

    id: str = ""
    name: str = ""
    project: str = ""
    modality: str = ""
    declaration: Mapping[str, Any] = field(default_factory=dict)
    created_by: str = ""
    created_at: datetime | None = None
    erased_at: datetime | None = None
    versions: tuple[VersionLine, ...] = ()


@dataclass(frozen=True)
class DatasetVersion(Answer):
    """One state of a data set: what was found in the files, and which of them could not be taken."""

    id: str = ""
    dataset: str = ""
    number: int = 0
    state: str = ""
    sha256: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict, repr=False)
    counts: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Mapping[str, Any], ...] = ()
    created_by: str = ""
    created_at: datetime | None = None
    job: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewVersion(Answer):
    """A version whose files have arrived; `job` reads them: `client.jobs.wait(version.job)`."""

    id: str = ""
    dataset: str = ""
    number: int = 0
    state: str = ""
    job: JobLink = JobLink()


@dataclass(frozen=True)
class Upload(Answer):
    """A file on its way: complete when `offset` is `length`."""

    id: str = ""
    name: str = ""
    project: str = ""
    length: int = 0
    offset: int = 0
    complete: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True)
class StageLine(Answer):
    """A version in the list of its model."""

    id: str = ""
    number: int = 0
    stage: str = ""
    family: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Model(Answer):
    """A model by name; one that is asked for by itself has its newest versions and its aliases (name -> number)."""

    id: str = ""
    name: str = ""
    project: str = ""
    created_at: datetime | None = None
    versions: tuple[StageLine, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelVersion(Answer):
    """One trained model with its figures and where it stands: draft, approved, rejected, retired, revoked."""

    id: str = ""
    model: str = ""
    name: str = ""
    number: int = 0
    project: str = ""
    stage: str = ""
    family: str = ""
    modality: str = ""
    sha256: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    job: str | None = None
    dataset_version: str | None = None
    created_by: str = ""
    created_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    comment: str = ""
    aliases: tuple[str, ...] = ()
    revoked_parents: tuple[Mapping[str, Any], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NamedVersion(Answer):
    """A version that an alias stands for."""

    id: str = ""
    number: int = 0
    stage: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Alias(Answer):
    """A movable name of a model; `proposal` is a move that waits for a second person."""

    id: str = ""
    alias: str = ""
    name: str = ""
    model: str = ""
    model_name: str = ""
    project: str = ""
    version: NamedVersion | None = None
    usable: bool = False
    since: datetime | None = None
    proposal: Mapping[str, Any] | None = None
    history: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Standing(Answer):
    """What an alias stood for at a moment, with the proof that the log holds it."""

    alias: str = ""
    at: datetime | None = None
    version: NamedVersion | None = None
    since: datetime | None = None
    until: datetime | None = None
    proposed_by: str | None = None
    approved_by: str | None = None
    log_proof: Mapping[str, Any] | None = None
