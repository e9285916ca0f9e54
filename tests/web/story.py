"""Rows and blobs as a few days of use leave them, for pages to show; no worker is needed."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from PIL import Image

from accounts.models import Project, User
from catalog.models import DatasetVersion, ModelVersion
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Attempt, Job, JobEvent, JobInput, State
from lineage.models import Artifact
from lineage.verdicts import TABLE
from tests import builders
from tests.web.items import lay_pictures

PROFILE = {
    "count": 100,
    "duplicates": 4,
    "enlarged": 12,
    "sizes": [{"width": 28, "height": 28, "count": 88}, {"width": 31, "height": 28, "count": 12}],
    "other_sizes": 0,
    "sides": [{"from": 16, "to": 31, "count": 100}],
    "brightness": [2, 9, 30, 25, 14, 9, 5, 3, 1, 1, 0, 0, 0, 0, 0, 1],
    "formats": {"PNG": 60, "JPEG": 40},
    "classes": [{"name": str(digit), "train": 9, "holdout": 1} for digit in range(10)],
    "problems": {"not_a_picture": 1},
}
PROBLEMS = [{"file": "7/broken.png", "code": "not_a_picture", "expected": "a PNG, JPEG, WebP", "got": "text"}]
METRICS = {
    "losses": {"generator": 1.234, "on_real": 0.512, "on_made": 0.498},
    "parity": {"max_abs_diff": 2.4e-07, "tolerance": 1e-4, "batches": {"1": 1e-07, "7": 2e-07, "64": 2.4e-07}},
}
CARD = "# digits-dcgan\n\nMade by sam.\n\n## Data\n\n**digits v1** \\<script\\>\n\n<script>alert(1)</script>\n"


@dataclass(frozen=True)
class Story:
    """What there is to look at."""

    data: DatasetVersion
    training: Job
    trained: Job
    model: ModelVersion
    made: list[Artifact]
    failed: Job
    asked: Job


def tell(home: Project, sam: User) -> Story:
    """Data, a training that runs, one that ended, its draft, pictures, a failure, a question that was answered."""
    data = builders.dataset_version(home, sam)
    files = data.files | {name: _blob(home, grid(10, n)) for n, name in enumerate(("preview.png", "mean.png"))}
    DatasetVersion.objects.filter(pk=data.pk).update(profile=PROFILE, problems=PROBLEMS, files=files)
    data.refresh_from_db()
    lay_pictures(data)
    model = builders.model_version(
        home, sam, name="chest-dcgan", metrics=METRICS, dataset_version=data, sha256="c" * 64
    )
    card = {name: _blob(home, CARD.encode()) for name in ("card.md", "card.zh.md")}
    trained = training(home, sam, data, State.SUCCEEDED, done=1400)
    ModelVersion.objects.filter(pk=model.pk).update(job=trained, files=model.files | card)
    model.refresh_from_db()
    made = builders.generated(home, sam, 70)
    return Story(
        data=data,
        training=training(home, sam, data, State.RUNNING, done=620),
        trained=trained,
        model=model,
        made=made,
        failed=failure(home, sam),
        asked=question(home, sam, made[0]),
    )


def training(home: Project, who: User, data: DatasetVersion, state: str, *, done: int) -> Job:
    """A training with a curve, sample grids, log lines and one attempt."""
    now = clock.now()
    ended = {"finished_at": now, "result": {"steps": done}} if state == State.SUCCEEDED else {"eta_s": 74.0}
    job = builders.job(
        home, who, name="digits overnight", family="dcgan", state=state, done=done, total=1400, unit="steps",
        params={"steps": 1400, "width": 48}, facts={"device": "cpu", "precision": "fp32"}, started_at=now,
        lease_until=now + timedelta(days=9), purpose="Trying the kiln", **ended,
    )  # fmt: skip
    JobInput.objects.create(job=job, role="data", dataset_version=data)
    Attempt.objects.create(job=job, token=1, worker="cpu-1", started_at=now, outcome="")
    noise = random.Random(3)
    said: list[tuple[str, dict[str, Any]]] = [("state", {"state": "queued", "reason": "waits for a free worker"})]
    said += [("log", {"level": "info", "message": "4,500 items, 32 px, grey"})]
    for step in range(20, done + 1, 20):
        fall = math.exp(-step / 400)
        values = {"generator": 2 - fall + noise.random() / 5, "on_real": fall + noise.random() / 9}
        said.append(("metric", {"step": step, "values": values}))
    said += [("sample", {"step": step, "sha256": _blob(home, grid(8, step))}) for step in range(200, done + 1, 200)]
    JobEvent.objects.bulk_create(JobEvent(job=job, type=type_, at=now, data=row) for type_, row in said)
    return job


def failure(home: Project, who: User) -> Job:
    """A job that ended with a reason."""
    said = "xrays.csv: this kind of file is not read."
    return builders.job(
        home, who, "ingest", name="ingest xrays v1", state=State.FAILED, state_reason=said,
        error_code="wrong_file_type", error_detail=said, error_facts={"expected": [".zip"], "got": "xrays.csv"},
        finished_at=clock.now(), queue="io",
    )  # fmt: skip


def question(home: Project, who: User, artifact: Artifact) -> Job:
    """A file that was found to be ours."""
    result = {
        "verdict": "ours",
        "evidence": [{"kind": rule.kind, "says": rule.says} for rule in TABLE[:2]],
        "c2pa_state": "Trusted",
        "watermark": {"z": 9.7, "threshold": 7.43, "alone": False},
        "artifact": str(artifact.pk),
        "job": str(artifact.job_id),
        "model_version": str(artifact.model_version_id),
        "stage": "draft",
        "log_proof": {"log": {"tree_size": 120}},
    }
    return builders.job(
        home, who, "verify", name="verify 000000.png", state=State.SUCCEEDED, result=result, finished_at=clock.now(),
        queue="io",
    )  # fmt: skip


def grid(side: int, seed: int) -> bytes:
    """A PNG of side x side blobs of light."""
    size = 16
    picture = Image.new("L", (side * size, side * size))
    shade = random.Random(seed)
    for place in range(side * side):
        x, y, bright = place % side * size, place // side * size, shade.randrange(90, 255)
        wide, high = shade.randrange(3, 12), shade.randrange(3, 12)
        picture.paste(bright, (x + 2, y + 2, x + 2 + wide, y + 2 + high))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _blob(home: Project, data: bytes) -> str:
    return blobs().put(namespace(home), data)
