"""Manifests: the canonical JSON that says what made an artifact or a bundle, and readers for every version of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models_store import names
from models_store.canonical import canonical, digest
from models_store.errors import InvalidInput
from models_store.facts import Rights

ARTIFACT, BUNDLE = "kilnmark/artifact", "kilnmark/bundle"
VERSION = 1
_SEED = re.compile(r"[0-9]{1,40}")


class UnreadableManifest(InvalidInput):
    """This is no manifest that can be read here."""

    code = "unreadable_manifest"


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """One file of a bundle."""

    sha256: str
    size: int  # bytes


@dataclass(frozen=True, kw_only=True)
class ArtifactManifest:
    """What made one artifact, by its content before marks; it also says which marks were then put in.

    An item that was marked while it was drawn (a text) was never without: its content is the item as it was drawn, and
    another job, which has another key, draws another one from the same seed.
    """

    job: str
    index: int
    seed: str
    content_sha256: str
    media_type: str
    model_version: str
    bundle_sha256: str  # digest of the bundle's manifest
    family: str
    rights: Rights
    made_at: str
    stage: str  # of the model version at that time
    params: Mapping[str, Any] = field(default_factory=dict)
    ran_on: Mapping[str, Any] = field(default_factory=dict)  # provider, precision, threads, padded batch shape
    marks: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = ""
    intended_use: str = ""


@dataclass(frozen=True, kw_only=True)
class BundleManifest:
    """Every other file of a bundle, and what made them (the fields of facts.BundleFacts)."""

    files: Mapping[str, FileEntry]
    made: Mapping[str, Any]
    rights: Rights
    purpose: str = ""
    intended_use: str = ""


Manifest = ArtifactManifest | BundleManifest


def write_manifest(manifest: Manifest) -> bytes:
    """The canonical bytes of a manifest; its address is their SHA-256."""
    if isinstance(manifest, ArtifactManifest):
        body = dict(vars(manifest)) | {"seed": _seed(manifest.seed)}
        names.sha256(manifest.content_sha256)
        names.sha256(manifest.bundle_sha256)
        schema = ARTIFACT
    else:
        files = {names.relative(name): vars(entry) for name, entry in manifest.files.items()}
        body = dict(vars(manifest)) | {"files": files}
        _seed(manifest.made.get("seed", "0"))
        schema = BUNDLE
    body["rights"] = vars(manifest.rights) | {"inherited_from": list(manifest.rights.inherited_from)}
    return canonical({"schema": schema, "version": VERSION} | body)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest of any known schema and version; UnreadableManifest names the place."""
    try:
        said = json.loads(data)
        reader = READERS.get((said["schema"], said["version"]))
    except (ValueError, KeyError, TypeError) as wrong:
        raise UnreadableManifest(got=str(wrong)) from wrong
    if reader is None:
        known = [f"{schema} {version}" for schema, version in READERS]
        raise UnreadableManifest(
            "There is no reader for this manifest.",
            field="version",
            expected=known,
            got=f"{said['schema']} {said['version']}",
        )
    try:
        return reader({key: value for key, value in said.items() if key not in {"schema", "version"}})
    except (KeyError, TypeError, AttributeError) as wrong:
        raise UnreadableManifest("The manifest lacks a field, or has one too many.", got=str(wrong)) from wrong


def salted_digest(manifest: bytes, salt: bytes) -> str:
    """What a public credential says of a manifest: nobody can guess the manifest from it without the salt."""
    return digest(salt + manifest)


def _artifact_1(body: dict[str, Any]) -> ArtifactManifest:
    return ArtifactManifest(**body | {"rights": _rights(body["rights"]), "seed": _seed(body["seed"])})


def _bundle_1(body: dict[str, Any]) -> BundleManifest:
    files = {names.relative(name): FileEntry(**entry) for name, entry in body["files"].items()}
    return BundleManifest(**body | {"rights": _rights(body["rights"]), "files": files})


READERS: dict[tuple[str, int], Callable[[dict[str, Any]], Manifest]] = {
    (ARTIFACT, 1): _artifact_1,
    (BUNDLE, 1): _bundle_1,
}


def _rights(said: dict[str, Any]) -> Rights:
    return Rights(**said | {"inherited_from": tuple(said["inherited_from"])})


def _seed(said: str) -> str:
    if not isinstance(said, str) or not _SEED.fullmatch(said):
        raise InvalidInput("A seed is written as a string of digits.", field="seed", expected=_SEED.pattern, got=said)
    return said
