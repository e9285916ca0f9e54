"""Artifacts, verdicts, and files that were fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kilnmark.answers.answer import Answer


@dataclass(frozen=True)
class Artifact(Answer):
    """One generated file."""

    id: str = ""
    job: str = ""
    index: int = 0
    sha256: str = ""
    content_sha256: str = ""
    media_type: str = ""
    size: int = 0
    seed: str = ""
    stage: str = ""
    stage_when_made: str = ""
    withdrawn: Mapping[str, Any] | None = None
    flags: tuple[Mapping[str, Any], ...] = ()
    revoked: Mapping[str, Any] | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)
    sidecars: Mapping[str, Any] = field(default_factory=dict)
    model_version: str | None = None
    created_at: datetime | None = None
    expired_at: datetime | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence(Answer):
    """One thing that speaks for a verdict."""

    kind: str = ""
    says: str = ""


@dataclass(frozen=True)
class Verdict(Answer):
    """ours, altered, likely_ours, resembles or no_evidence, which does not mean that it is not ours."""

    verdict: str = ""
    evidence: tuple[Evidence, ...] = ()
    artifact: str | None = None
    model_version: str | None = None
    stage: str | None = None
    job: str | None = None
    aliases: tuple[str, ...] = ()
    members: tuple[Mapping[str, Any], ...] = ()
    log_proof: Mapping[str, Any] | None = None
    verification: str = ""


@dataclass(frozen=True)
class Fetched:
    """A file that was downloaded; `verified` says whether its digest was announced and held."""

    path: Path
    size: int
    sha256: str
    verified: bool
