"""Artifacts become rows, a leaf of the log covers each chunk, and anyone may have the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from audit import proofs
from audit.models import TreeHead
from audit.services import append
from catalog.models import ModelVersion
from jobs.models import Job
from lineage.models import Artifact
from models_store import evidence
from models_store.keys import Keyring


def leaf_of(artifact: Artifact) -> dict[str, Any]:
    """What the log commits to for one artifact; canonical JSON of this is an item of its chunk."""
    return {
        "artifact": str(artifact.pk),
        "job": str(artifact.job_id),
        "index": artifact.index,
        "model_version": str(artifact.model_version_id),
        "sha256": artifact.sha256,
        "content_sha256": artifact.content_sha256,
    }


@transaction.atomic
def keep_artifacts(job: Job, items: Sequence[Mapping[str, Any]], *, actor: str) -> list[Artifact]:
    """Rows for a chunk of finished artifacts and one leaf that holds the root over them.

    An item says by which of the job's models it was made; `model` is the role of the only one.
    """
    sources = {row.role: row.model_version for row in job.inputs.all() if row.model_version}
    made_by = [sources[item.get("model", "model")] for item in items]
    rows = [_row(job, item, source, at) for at, (item, source) in enumerate(zip(items, made_by, strict=True))]
    root, _ = evidence.chunk([leaf_of(row) for row in rows])
    leaf = append(
        actor=actor,
        verb="artifacts.released",
        subject=("job", str(job.pk)),
        project=job.project_id,
        detail={"first": rows[0].index, "count": len(rows)},
        items_root=root,
    )
    for row in rows:
        row.leaf = leaf
    return Artifact.objects.bulk_create(rows)


def _row(job: Job, item: Mapping[str, Any], source: ModelVersion, position: int) -> Artifact:
    beside = item.get("sidecars", {})
    return Artifact(
        job=job,
        index=item["index"],
        position=position,
        attempt=job.token,
        project_id=job.project_id,
        model_version=source,
        sha256=item["sha256"],
        content_sha256=item["content_sha256"],
        media_type=item["media_type"],
        size=item["size"],
        seed=item["seed"],
        stage=source.stage,
        marks=item["marks"],
        fingerprint=item["marks"].get("fingerprint", ""),
        made_by_id=job.submitted_by_id,
        watermarked="watermark" in item["marks"],
        sidecars={name: {"sha256": file["sha256"], "size": file["size"]} for name, file in beside.items()},
    )


def newest_is_covered() -> bool:
    """Whether a signed head covers what was released last; while none does, a question about it waits for its proof."""
    newest = Artifact.objects.order_by("-pk").values_list("leaf__index").first()
    head = TreeHead.objects.values_list("size", flat=True).first() or 0
    return newest is None or (newest[0] is not None and newest[0] < head)


def proof_of(artifact: Artifact) -> dict[str, Any]:
    """The way from one artifact to a signed tree head (models_store/evidence.py); raises NotInLogYet."""
    found = Prover().proof(artifact)
    if found is None:
        raise proofs.NotInLogYet()
    return found


class Prover:
    """Makes proofs of many artifacts and reads each chunk and each leaf once."""

    def __init__(self) -> None:
        self._chunks: dict[Any, tuple[list[dict[str, Any]], dict[str, Any]]] = {}
        self._keyring = Keyring.load(settings.KEYS_FOLDER)

    def proof(self, artifact: Artifact) -> dict[str, Any] | None:
        """Item, path in its chunk, leaf, path in the tree, head; None while the tree does not hold it yet.

        Raises ProofFails or BadSignature where rows were changed behind the log's back: no verdict rests on those.
        """
        leaf = artifact.leaf
        if leaf is None:
            return None
        if leaf.pk not in self._chunks:
            try:
                log = proofs.inclusion(leaf)
            except proofs.NotInLogYet:
                return None
            fellows = Artifact.objects.filter(leaf=leaf).order_by("position")
            self._chunks[leaf.pk] = ([leaf_of(row) for row in fellows], log)
        items, log = self._chunks[leaf.pk]
        found = evidence.artifact(items, artifact.position, log)
        evidence.check_artifact(found, self._keyring.public_key(log["head"]["key_id"]))
        return found
