"""The parts of an evidence bundle that come from rows: model, data, people's decisions, the log, keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.services import visible_projects
from audit import proofs
from audit.leaves import moment
from audit.models import AuditEvent, Review, TreeHead
from catalog.models import DatasetVersion, ModelVersion
from jobs.ancestry import data_behind
from lineage.manifests import rights_of
from lineage.stamped import stamped_head
from lineage.trusted import trusted
from models_store.bundle import MANIFEST, SIGNATURE
from models_store.canonical import digest, file_digest
from models_store.croissant import DataVersion, croissant
from models_store.evidence import head_bytes
from models_store.ids import is_uuid
from models_store.keys import Keyring
from models_store.manifest import BundleManifest
from models_store.ml_bom import ml_bom
from models_store.software import pinned

CARDS = ("card.md", "card.zh.md")
PERSONAL = (MANIFEST, *CARDS)  # of a model's files those that name people and seeds
LOCKS = ("requirements-web.lock", "requirements.lock")
WHOLE_BYTES = 256 << 20  # a larger file is named by its digest and fetched by itself
MOST_EVENTS = 200
MOST_REVIEWS = 200
TAKEN_BACK = ("model_version.revoked", "artifact.withdrawn")  # no number of other events keeps these out
Subject = tuple[str, str]


@dataclass(frozen=True)
class Piece:
    """One file of a bundle: bytes, a file on disk, or (namespace, SHA-256) of the store.

    Whoever passes the bundle on may leave out a private one: it names people, seeds or figures of the watermark.
    """

    name: str
    source: bytes | Path | tuple[str, str]
    private: bool = False
    stored_size: int = 0  # bytes, of a file of the store

    @property
    def sha256(self) -> str:
        """Hex; of the store, the address itself."""
        if isinstance(self.source, tuple):
            return self.source[1]
        return digest(self.source) if isinstance(self.source, bytes) else file_digest(self.source)

    @property
    def size(self) -> int:
        """Bytes."""
        if isinstance(self.source, bytes):
            return len(self.source)
        if isinstance(self.source, Path):
            return self.source.stat().st_size
        return self.stored_size


def written(said: Any) -> bytes:
    """JSON for people and programs."""
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def line(said: Any) -> bytes:
    """One line of JSON Lines."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


# --- model and data ---


def model_files(version: ModelVersion, manifest: BundleManifest | None, *, whole: bool) -> dict[str, str]:
    """Name -> SHA-256 of cards and signed manifest; `whole`: of every file that the manifest lists.

    Nothing else of a version's row belongs to its bundle.
    """
    listed = {*CARDS, MANIFEST, SIGNATURE} | (set(manifest.files if manifest else version.files) if whole else set())
    return {name: sha256 for name, sha256 in sorted(version.files.items()) if name in listed}


def of_model(version: ModelVersion, manifest: BundleManifest | None, *, to: User) -> Iterator[Piece]:
    """Bill of materials, and a description of each data set that `to` may see."""
    made: Mapping[str, Any] = {"family": version.family}  # what the row knows, where there is no manifest
    if manifest:
        made = {**manifest.made, "intended_use": manifest.intended_use}
    bom = ml_bom(
        name=version.model.name,
        version=str(version.number),
        version_id=str(version.pk),
        sha256=version.sha256,
        modality=version.modality,
        made=made,
        rights=manifest.rights if manifest else rights_of(version),
        use=str(made.get("intended_use") or ""),
        at=version.created_at.isoformat(timespec="seconds"),
        software=pinned(Path(settings.ROOT) / lock for lock in LOCKS),
    )
    yield Piece("model/ml-bom.cdx.json", written(bom))
    for data in data_seen(version, made, to):
        yield Piece(f"data/{data.pk}.croissant.json", written(croissant(described(data))))


def data_seen(version: ModelVersion, made: Mapping[str, Any], to: User) -> list[DatasetVersion]:
    """The data set versions a model learned from, by its manifest and by our rows, that the reader may see."""
    ids = {str(facts.get("version")) for facts in (made.get("data") or {}).values()}
    ids |= {str(data.pk) for data, _family in data_behind(version.job_id, version.family, version.dataset_version)}
    rows = DatasetVersion.objects.filter(pk__in=filter(is_uuid, ids), dataset__project__in=visible_projects(to))
    return list(rows.select_related("dataset__project").order_by("pk"))


def described(version: DatasetVersion) -> DataVersion:
    """A data set version for Croissant."""
    data = version.dataset
    return DataVersion(
        name=data.name,
        number=version.number,
        version_id=str(version.pk),
        sha256=version.sha256,
        at=version.created_at.isoformat(timespec="seconds"),
        modality=data.modality,
        source=data.source,
        licence=data.licence,
        legal_basis=data.legal_basis,
        owner=data.project.title or data.project.slug,
        contains_personal_data=data.contains_personal_data,
        sensitive_attributes=tuple(map(str, data.sensitive_attributes)),
        counts=version.counts,
        spec=version.spec,
        files={name: {"sha256": sha256} for name, sha256 in version.files.items()},
    )


# --- people and the log ---


def of_reviews(subjects: Sequence[Subject], *, to: User) -> Piece:
    """Who decided what, when and why about these subjects, newest first."""
    ids = [subject_id for _kind, subject_id in subjects]
    projects = list(visible_projects(to).values_list("pk", flat=True))
    rows = Review.objects.filter(subject_id__in=ids, project_id__in=projects)[:MOST_REVIEWS]
    said = [
        {
            "subject_kind": row.subject_kind,
            "subject": row.subject_id,
            "decision": row.decision,
            "reviewer": row.reviewer,
            "comment": row.comment,
            "at": row.at.isoformat(timespec="seconds"),
        }
        for row in rows
        if (row.subject_kind, row.subject_id) in subjects
    ]
    return Piece("reviews.json", written(said), private=True)


def of_events(subjects: Iterable[Subject], head: TreeHead) -> Piece:
    """What was taken back, and the newest events about these subjects below this head; each with its way to the head.

    The leaves say what happened and when; who did it, and why, they only commit to.
    """
    events: dict[int, AuditEvent] = {}
    for kind, subject_id in subjects:
        rows = AuditEvent.objects.filter(subject_kind=kind, subject_id=subject_id, index__lt=head.size)
        others = rows.exclude(verb="artifacts.released").order_by("-index")[:MOST_EVENTS]
        events |= {event.index or 0: event for event in (*others, *rows.filter(verb__in=TAKEN_BACK))}
    rank = {verb: place for place, verb in enumerate(TAKEN_BACK)}
    first = sorted(events.values(), key=lambda event: (rank.get(event.verb, len(rank)), -(event.index or 0)))
    kept = sorted(first[:MOST_EVENTS], key=lambda event: event.index or 0)
    lines = [line({"log": proofs.inclusion(event, head.size)}) for event in kept]
    return Piece("log/events.jsonl", b"".join(lines))


def of_keys(head: TreeHead) -> Iterator[Piece]:
    """The head, the keys that check all this, and the certificates."""
    keyring = Keyring.load(settings.KEYS_FOLDER)
    yield Piece("log/head.json", written(head.as_dict()))
    yield Piece("trust.json", written(trusted(head)))
    yield Piece("credential/chain.pem", keyring.credential_chain_pem.encode())
    for key_id, chain in sorted(keyring.retired_chains.items()):
        yield Piece(f"credential/chain-{key_id}.pem", chain.encode())
    yield Piece("credential/root.pem", keyring.root_pem.encode())


def of_stamp(index: int, head: TreeHead) -> Iterator[Piece]:
    """The first stamped head over the entry at `index`, its token, and that the log only grew from it to `head`."""
    if (found := stamped_head(index, head.size)) is None:
        return
    early, stamp = found
    signed = head_bytes(size=early.size, root=early.root, at=moment(early.at))
    yield Piece("log/stamped-head.json", written(early.as_dict()))
    yield Piece("log/stamped-head.bin", signed)
    yield Piece("log/stamped-head.tsr", bytes(stamp.token or b""))
    yield Piece("log/consistency.json", written(proofs.consistency(early.size, head.size)))


def newest_head() -> TreeHead:
    """Raises NotInLogYet while no head is signed."""
    head = TreeHead.objects.first()
    if head is None:
        raise proofs.NotInLogYet()
    return head
