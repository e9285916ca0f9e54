"""Artifacts become rows, a leaf of the log covers each chunk, and anyone may have the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from audit import proofs
from audit.services import append
from jobs.models import Job
from lineage.models import Artifact
from models_store import evidence
from models_store.errors import Conflict


class NotInLogYet(Conflict):
    """The log's tree does not hold it yet; ask again in a few seconds."""

    code, retry = "not_in_log_yet", True


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
    """Rows for a chunk of finished artifacts and one leaf that holds the root over them."""
    source = job.inputs.select_related("model_version").get(role="model").model_version
    rows = [
        Artifact(
            job=job,
            index=item["index"],
            position=position,
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
        )
        for position, item in enumerate(items)
    ]
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


def proof_of(artifact: Artifact) -> dict[str, Any]:
    """The way from one artifact to a signed tree head: item, path in its chunk, leaf, path in the tree, head."""
    if artifact.leaf is None or artifact.leaf.index is None:
        raise NotInLogYet()
    fellows = list(Artifact.objects.filter(leaf=artifact.leaf).order_by("position"))
    items = [leaf_of(row) for row in fellows]
    return evidence.artifact(items, artifact.position, proofs.inclusion(artifact.leaf))
