"""One zip with everything that shows where an artifact, a job or a model version comes from, checked without us.

What the reader may not see is not in it; near-copy pairs and mark keys never are. Files beyond WHOLE_BYTES are named by
their digest. That somebody took one is counted in the log.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from accounts.models import User
from accounts.services import visible_projects
from audit import proofs
from audit.models import TreeHead
from audit.stamping import token_of
from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job
from lineage import evidence_pieces as pieces
from lineage import manifests
from lineage.consequences import revocation_of, withdrawn_as
from lineage.evidence_pieces import Piece, Subject, line, written
from lineage.evidence_readme import NAMES, readme
from lineage.flags import Withdrawn, require_all_shown, require_shown
from lineage.models import Artifact, Withdrawal
from lineage.reads import artifact_read, bundle_read, job_read
from lineage.services import leaf_of, proof_of
from models_store.archive import write_archive
from models_store.canonical import canonical
from models_store.errors import NotFound
from models_store.manifest import write_manifest
from models_store.media_types import beside, suffix

FORMAT, VERSION, INDEX = "kilnmark-evidence", 1, "evidence.json"
CHECKER = "client/kilnmark/verify_evidence.py"
TOLD = ("count", "archive_sha256", "sheet_sha256", "model_version", "bundle_sha256", "dataset_version", "steps")
TAKEN = "evidence.downloaded"
_BATCH = 500


@dataclass
class Evidence:
    """What goes into one bundle."""

    subject: Subject
    facts: dict[str, Any] = field(default_factory=dict)  # for the index
    pieces: list[Piece] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)

    def add_file(
        self, name: str, space: str, sha256: str, size: int = 0, *, withheld: str = "", private: bool = False
    ) -> None:
        """A file of the store, or its digest where it is too large, no longer kept, or `withheld` for that reason."""
        why = withheld or "too large"
        try:
            if not withheld and (size := blobs().size(space, sha256)) <= pieces.WHOLE_BYTES:
                self.pieces.append(Piece(name, (space, sha256), private, size))
                return
        except NotFound:
            why = "gone"
        self.left_out.append({"name": name, "sha256": sha256, "size": size, "why": why})


def of_artifact(artifact: Artifact, *, actor: User) -> BinaryIO:
    """The bundle of one artifact, as an open temporary file; raises NotInLogYet during its first seconds."""
    proof, space = proof_of(artifact), namespace(artifact.project)
    head = TreeHead.objects.get(size=proof["log"]["head"]["size"])
    name = f"files/{artifact.index:06d}.{suffix(artifact.media_type)}"
    found = Evidence(("artifact", str(artifact.pk)))
    found.facts = {"file": name, "bundle_sha256": artifact.model_version.sha256}
    found.facts |= _standing(artifact.model_version, artifact)
    hidden = _withheld(require_shown, artifact, actor, artifact.expired_at)
    found.add_file(name, space, artifact.sha256, artifact.size, withheld=hidden)
    for sidecar, said in sorted(artifact.sidecars.items()):
        found.add_file(beside(name, sidecar), space, said["sha256"], said["size"], withheld=hidden)
    manifest = write_manifest(manifests.of_artifact(artifact))
    found.pieces += [Piece("manifest/artifact.json", manifest, private=True), *_generation(artifact.job)]
    found.pieces += [Piece("log/proof.json", written(proof)), *pieces.of_stamp(proof["log"]["index"], head)]
    subjects = [found.subject, ("job", str(artifact.job_id)), *_of_version(artifact.model_version)]
    file = _finish(found, subjects, head, [artifact.model_version], actor)
    artifact_read(artifact, actor, TAKEN)
    return file


def of_job(job: Job, *, actor: User) -> BinaryIO:
    """The bundle of one job: of one that generated, its archive, and proofs of all its artifacts."""
    head = pieces.newest_head()
    found = Evidence(("job", str(job.pk)))
    found.pieces.append(Piece("job.json", written(_job(job)), private=True))
    inputs = job.inputs.select_related("model_version__model__project")
    versions = [row.model_version for row in inputs if row.model_version]
    if (made := ModelVersion.objects.select_related("model__project").filter(job=job).first()) is not None:
        versions = [made]
    if versions:
        found.facts |= {"bundle_sha256": versions[0].sha256, **_standing(versions[0])}
    if job.kind == "generate":
        found.pieces += _generation(job)
    if sha256 := job.result.get("archive_sha256"):
        hidden = _withheld(require_all_shown, job, actor, job.files_expired_at)
        found.add_file("files/archive.zip", namespace(job.project), str(sha256), withheld=hidden)
        if token := token_of(str(sha256)):
            found.pieces.append(Piece("files/archive.zip.tsr", token))
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        if job.kind == "generate":
            _artifacts(found, job, head, Path(folder))
        subjects = [found.subject, *(subject for version in versions for subject in _of_version(version))]
        subjects += _withdrawn(job)
        file = _finish(found, subjects, head, versions[:1], actor)
    job_read(job, actor, TAKEN)
    return file


def of_version(version: ModelVersion, *, actor: User) -> BinaryIO:
    """The bundle of one model version, with its files."""
    head = pieces.newest_head()
    found = Evidence(("model_version", str(version.pk)), {"bundle_sha256": version.sha256, **_standing(version)})
    file = _finish(found, _of_version(version), head, [version], actor, whole=True)
    bundle_read(version, actor, TAKEN)
    return file


def _standing(version: ModelVersion, artifact: Artifact | None = None) -> dict[str, Any]:
    """Where the model stands now, and whether it was revoked or the artifact withdrawn: when and why, not by whom."""
    said: dict[str, Any] = {"stage": version.stage}
    if (revoked := revocation_of(version)) is not None:
        said["revoked"] = {name: revoked[name] for name in ("on", "because")}
    if artifact and (gone := withdrawn_as(artifact)) is not None:
        said["withdrawn"] = gone
    return said


def _withheld(
    required: Callable[[Any, User], None], of: Artifact | Job, reader: User, expired_at: datetime | None
) -> str:
    """Why its bytes are not in the bundle; those that were given up may lie in the store for a while."""
    try:
        required(of, reader)
    except Withdrawn:
        return "withdrawn"
    return "gone" if expired_at else ""


def _of_version(version: ModelVersion) -> list[Subject]:
    data = [("dataset_version", str(version.dataset_version_id))] if version.dataset_version_id else []
    return [("model_version", str(version.pk)), *data]


def _withdrawn(job: Job) -> list[Subject]:
    """The artifacts of a job that were withdrawn, so that its evidence says so; the newest of very many."""
    rows = Withdrawal.objects.filter(job=job).order_by("-at").values_list("artifact_id", flat=True)
    return [("artifact", str(key)) for key in rows[: pieces.MOST_EVENTS]]


def _generation(job: Job) -> list[Piece]:
    """The manifest that the credentials state the salted digest of."""
    said = {"salt": job.salt, "digest": manifests.public_digest(job)}
    return [
        Piece("manifest/generation.json", canonical(manifests.of_job(job)), private=True),
        Piece("manifest/salt.json", written(said), private=True),
    ]


def _job(job: Job) -> dict[str, Any]:
    names = ("kind", "state", "family", "params", "purpose", "intended_use")
    times = ("created_at", "started_at", "finished_at")
    return {
        "id": str(job.pk),
        "submitted_by": job.submitted_by.username,
        **{name: getattr(job, name) for name in names},
        **{name: moment.isoformat() if (moment := getattr(job, name)) else None for name in times},
        "result": {name: job.result[name] for name in TOLD if name in job.result},
    }


def _artifacts(found: Evidence, job: Job, head: TreeHead, folder: Path) -> None:
    """A line for each artifact, and for each leaf of the log all that lies below it: constant memory."""
    listing, chunks, count, last = folder / "artifacts.jsonl", folder / "chunks.jsonl", 0, 0
    rows = Artifact.objects.filter(job=job, leaf__index__lt=head.size).defer("marks")
    ordered = rows.order_by("leaf__index", "position").iterator(chunk_size=_BATCH)
    with listing.open("wb") as lines, chunks.open("wb") as leaves:
        for fellows in _by_leaf(ordered):
            leaf = fellows[0].leaf
            said = {"items": [leaf_of(row) for row in fellows], "log": proofs.inclusion(leaf, head.size)}
            leaves.write(line(said))
            last = said["log"]["index"]
            for row in fellows:
                facts = {"media_type": row.media_type, "size": row.size, "sidecars": row.sidecars}
                lines.write(line({"index": row.index, "sha256": row.sha256, **facts}))
                count += 1
    if count < Artifact.objects.filter(job=job).count():
        raise proofs.NotInLogYet()
    if count:
        found.facts["artifacts"] = count
        found.pieces += [Piece("artifacts.jsonl", listing), Piece("log/chunks.jsonl", chunks)]
        found.pieces += pieces.of_stamp(last, head)


def _by_leaf(rows: Iterable[Artifact]) -> Iterator[list[Artifact]]:
    fellows: list[Artifact] = []
    for row in rows:
        if fellows and row.leaf_id != fellows[0].leaf_id:
            yield fellows
            fellows = []
        fellows.append(row)
    if fellows:
        yield fellows


def _finish(
    found: Evidence,
    subjects: list[Subject],
    head: TreeHead,
    versions: Iterable[ModelVersion],
    actor: User,
    *,
    whole: bool = False,
) -> BinaryIO:
    """What every bundle has beside, and its texts."""
    for version in versions:
        project = version.model.project
        if visible_projects(actor).filter(pk=project.pk).exists():
            manifest = manifests.manifest_of(version)
            for name, sha256 in pieces.model_files(version, manifest, whole=whole).items():
                found.add_file(f"model/{name}", namespace(project), sha256, private=name in pieces.PERSONAL)
            found.pieces += pieces.of_model(version, manifest, to=actor)
    found.pieces += [pieces.of_reviews(subjects, to=actor), pieces.of_events(subjects, head), *pieces.of_keys(head)]
    found.pieces.append(Piece("verify_evidence.py", Path(settings.ROOT) / CHECKER))
    names = {piece.name for piece in found.pieces}
    said = {"kind": found.subject[0], "id": found.subject[1], **found.facts, "head": head.as_dict()}
    for language, name in NAMES.items():
        found.pieces.append(Piece(name, readme(said, names, found.left_out, language).encode()))
    return _zipped(found)


def _zipped(found: Evidence) -> BinaryIO:
    listed = {piece.name: _listed(piece) for piece in sorted(found.pieces, key=lambda piece: piece.name)}
    sums = "".join(f"{entry['sha256']}  {name}\n" for name, entry in listed.items())
    last = Piece("SHA256SUMS", sums.encode())
    kind, subject_id = found.subject
    index = {
        "format": FORMAT,
        "version": VERSION,
        "subject": {"kind": kind, "id": subject_id},
        "made_at": clock.now().isoformat(timespec="seconds"),
        **found.facts,
        "files": listed | {last.name: _listed(last)},
        "left_out": found.left_out,
    }
    every = [Piece(INDEX, written(index)), *sorted(found.pieces, key=lambda piece: piece.name), last]
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        place = Path(folder) / "evidence.zip"
        write_archive(place, _members(every))
        return place.open("rb")  # stays readable when the folder is gone


def _listed(piece: Piece) -> Mapping[str, Any]:
    return {"sha256": piece.sha256, "size": piece.size} | ({"private": True} if piece.private else {})


def _members(every: Iterable[Piece]) -> Iterator[tuple[str, bytes | BinaryIO]]:
    for piece in every:
        if isinstance(piece.source, bytes):
            yield piece.name, piece.source
        elif isinstance(piece.source, Path):
            with piece.source.open("rb") as file:
                yield piece.name, file
        else:
            with blobs().open(*piece.source) as file:
                yield piece.name, file
