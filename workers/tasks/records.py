"""What an attempt made, into the store and the rows; every write is guarded by the claim's token."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.store import blobs, namespace
from jobs.claim import Claim, finish, hold, report
from jobs.models import Job, State
from lineage.models import Artifact
from lineage.services import keep_artifacts
from models_store.blobs import put_all
from models_store.saved_state import SAID
from workers.tasks import products
from workers.tasks.archives import Growing

MOST_PIECES = 8  # of one report
LONGEST_PIECE = 20_000  # characters
WRITTEN_AND_KEPT = 2  # the engine writes a saved state in about the time that keeping it takes


def inside(folder: Path, name: str, *, resolved: bool = False) -> Path:
    """A path the engine named, which must lie in its folder; `resolved` says that this leads through no link."""
    # pathlib takes several times as long, and there is one for each artifact
    root = str(folder) if resolved else os.path.realpath(folder)
    path = os.path.realpath(os.path.join(root, name))
    if os.path.commonpath([root, path]) != root:
        raise ValueError(f"the engine named a path outside its folder: {name!r}")
    return Path(path)


def bounded(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """What was added to texts in the making, as an event keeps it: few, short, and without NUL, which no row holds."""
    kept = [
        {"index": int(one["index"]), "at": int(one["at"]), "text": str(one["text"])[:LONGEST_PIECE].replace("\0", "�")}
        for one in pieces[:MOST_PIECES]
    ]
    return {"pieces": kept}


def keep_sample(claim: Claim, job: Job, folder: Path, said: dict[str, Any]) -> None:
    """A preview picture of a training."""
    sha256 = blobs().put(namespace(job.project), inside(folder, said["file"]))
    seed = {"seed": said["seed"]} if "seed" in said else {}
    report(claim, "sample", {"step": said["step"], "sha256": sha256} | seed)


def keep_checkpoint(claim: Claim, job: Job, folder: Path, said: dict[str, Any]) -> None:
    """A saved state becomes the one a next attempt resumes from; the one before it is let go."""
    place = inside(folder, said["folder"])
    space = namespace(job.project)
    began = time.monotonic()
    paths = sorted(place.iterdir())
    files = dict(zip((path.name for path in paths), put_all(blobs(), space, paths), strict=True))
    before = job.checkpoint.get("files", {})
    seconds = round(WRITTEN_AND_KEPT * (time.monotonic() - began), 3)
    kept = {"step": said["step"], "files": files, "seconds": seconds, "of": belongs_to(place)}
    report(claim, "checkpoint", {"step": said["step"]}, checkpoint=kept, barren_attempts=0)
    job.checkpoint = kept
    for name, sha256 in before.items():
        if sha256 not in files.values() and not saved_by_others(job, name, sha256):
            blobs().delete(space, sha256)


def belongs_to(place: Path) -> dict[str, Any]:
    """What a saved state can go on under: the family's state version, and the address of each data set by its role."""
    file = place / "state.json"
    about = json.loads(file.read_bytes()).get("about", {}) if file.exists() else {}
    kept = {name: value for name, value in about.items() if name not in SAID}
    return kept | {name: about[name] for name in ("state_version",) if name in about}


def saved_by_others(job: Job, name: str, sha256: str) -> bool:
    """Whether another job of the project stands at the very same state: a clone trains to the same bytes."""
    others = Job.objects.filter(project=job.project_id, kind=job.kind).exclude(pk=job.pk)
    return others.filter(**{f"checkpoint__files__{name}": sha256}).exists()


def keep_items(
    claim: Claim, job: Job, folder: Path, items: list[dict[str, Any]], growing: Growing | None = None
) -> None:
    """A chunk of artifacts and their sidecars: bytes first, then rows and their leaf in one guarded transaction.

    Then they join the archive, where there is one that grows.
    """
    files = [file for item in items for file in (item, *item.get("sidecars", {}).values())]
    root = Path(os.path.realpath(folder))
    paths = [inside(root, file["file"], resolved=True) for file in files]
    for file, kept in zip(files, put_all(blobs(), namespace(job.project), paths), strict=True):
        if kept != file["sha256"]:
            raise ValueError(f"{file['file']} is not what the engine said it is")
    try:
        with transaction.atomic():
            hold(claim, barren_attempts=0)
            keep_artifacts(job, items, actor=claim.actor)
    except IntegrityError:
        if not kept_already(claim, items):
            raise
    if growing is not None:
        for item in items:
            growing.take(folder, item)
    for path in paths:
        path.unlink()


def kept_already(claim: Claim, items: list[dict[str, Any]]) -> bool:
    """Whether this attempt has kept these very items: the commit held, though its answer was lost."""
    rows = Artifact.objects.filter(job=claim.job_id, attempt=claim.token, index__in=[one["index"] for one in items])
    return set(rows.values_list("index", "sha256")) == {(one["index"], one["sha256"]) for one in items}


def keep_product(
    claim: Claim, job: Job, folder: Path, result: dict[str, Any], *, produces: str, progress: Mapping[str, Any],
    growing: Growing | None = None,
) -> None:  # fmt: skip
    """Keep what the job's kind produces, then record it and end the job in one transaction."""
    more = {"growing": growing} if growing is not None else {}
    record = products.KEEPERS[produces](job, folder, result, actor=claim.actor, **more)
    known = {name: progress[name] for name in ("total", "unit") if name in progress}
    with transaction.atomic():
        hold(claim)
        done = known.get("total", F("total"))
        finish(claim, State.SUCCEEDED, result=record(), eta_s=0, done=done, **known)
