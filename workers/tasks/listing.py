"""artifacts.json, the listing of a job's archive, and how it names the files of each artifact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from jobs.models import Job
from lineage.models import Artifact
from models_store.canonical import canonical
from models_store.media_types import beside
from workers.tasks import archives

LISTING, ROWS_AT_ONCE = "artifacts.json", 500


def write_listing(place: Path, job: Job, rows: QuerySet[Artifact]) -> int:
    """artifacts.json, canonical, a row at a time, since a job may have made very many; how many there are."""
    models = sorted(map(str, rows.order_by().values_list("model_version_id", flat=True).distinct()))
    made_by = {"model_versions": models} if models[1:] else {"model_version": models[0]}
    before, after = canonical({"artifacts": [], "job": str(job.pk), **made_by}).split(b"[]", 1)
    count = 0
    with place.open("wb") as out:
        out.write(before + b"[")
        for count, row in enumerate(streamed(rows), 1):
            said = _listed(row) | ({"model_version": str(row.model_version_id)} if models[1:] else {})
            out.write((b"," if count > 1 else b"") + canonical(said))
        out.write(b"]" + after)
    return count


def streamed(rows: QuerySet[Artifact]) -> Iterator[Artifact]:
    """Rows without what takes the most of them, some at a time."""
    return rows.defer("marks").iterator(chunk_size=ROWS_AT_ONCE)


def files_of(artifact: Artifact) -> dict[str, str]:
    """An artifact's files in the archive, its own first: name -> sha256."""
    name = archives.file_name(artifact.index, artifact.media_type)
    others = sorted(artifact.sidecars.items())  # a database need not keep their order
    return {name: artifact.sha256} | {beside(name, kind): said["sha256"] for kind, said in others}


def _listed(artifact: Artifact) -> dict[str, Any]:
    """How the archive's listing names an artifact, and the files beside it where it has such."""
    (name, sha256), *others = files_of(artifact).items()
    said = {"index": artifact.index, "file": name, "sha256": sha256, "seed": artifact.seed}
    return said | ({"sidecars": [{"file": other, "sha256": known} for other, known in others]} if others else {})
