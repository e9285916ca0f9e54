"""A training whose window closes saves, leaves, and goes on at the next opening to where it would have come anyway."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Project, User
from audit.models import AuditEvent
from catalog import plugins
from catalog.models import DatasetVersion, ModelVersion
from catalog.services import declare_dataset
from config import clock
from jobs import uploads
from jobs.claim import claim_next
from jobs.models import Job, State
from jobs.submission import send
from jobs.window_services import create_window
from workers.registry import describe_all
from workers.tasks import batch, records

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DECLARED = {"source": "a test", "licence": "CC0", "legal_basis": "none needed"}
EVENING = {"days": ["mon", "tue"], "from": "22:00", "to": "23:00"}
MONDAY = datetime(2026, 3, 2, 22, 10, tzinfo=UTC)
PARAMS = {"steps": 400, "checkpoint_every": 80, "sample_every": 400, "latent_dim": 4, "width": 4, "precision": "fp32"}


class Hands:
    """A clock that stands still until it is moved."""

    at = MONDAY

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Hands:
    """Replaces config.clock.now; beats come as fast as they can."""
    settings.BEAT_S = {"train": 0.2, "generate": 0.2, "io": 0.2}
    made = Hands()
    monkeypatch.setattr(clock, "now", made)
    plugins.announce("test worker", describe_all())
    return made


def run(queue: str) -> Job:
    claim = claim_next(queue, "w1")
    assert claim is not None
    batch.run_claims([claim], threading.Event())
    return Job.objects.get(pk=claim.job_id)


@pytest.fixture
def digits(hands: Hands, project: Project, submitter: User) -> DatasetVersion:
    """Digits at 16 px, read by the real engine."""
    dataset = declare_dataset(project, name="digits", modality="image", declaration=DECLARED, actor=submitter)
    version, _ = uploads.ingest(dataset, options={"size": 16}, actor=submitter, builtin="digits")
    assert run("io").state == State.SUCCEEDED
    return version


def weights(job: Job) -> str:
    return ModelVersion.objects.get(job=job).files["weights.safetensors"]


def test_a_training_leaves_before_its_window_closes_and_goes_on_at_the_next_opening(
    hands: Hands, digits: DatasetVersion, project: Project, submitter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_window(project, actor=submitter, name="evening", timezone="UTC", hours=[EVENING])
    body = {"kind": "train", "family": "vae", "dataset_version": str(digits.pk), "params": PARAMS, "seed": "5"}
    job, _ = send(body | {"window": "evening"}, actor=submitter)
    keep = records.keep_checkpoint

    def kept(*said: Any) -> None:
        keep(*said)
        hands.at = MONDAY.replace(hour=22, minute=59, second=30)

    monkeypatch.setattr(records, "keep_checkpoint", kept)
    left = run("train.cpu")
    opens = "window evening closed at 23:00; goes on when it opens 2026-03-03 22:00 UTC"
    assert (left.state, left.state_reason, left.barren_attempts) == (State.QUEUED, opens, 0)
    assert [one.outcome for one in left.tries.all()] == ["released"]
    assert 0 < left.checkpoint["step"] < PARAMS["steps"]
    assert left.checkpoint["seconds"] > 0

    hands.at = MONDAY.replace(hour=23, minute=30)
    assert claim_next("train.cpu", "w1") is None
    monkeypatch.setattr(records, "keep_checkpoint", keep)
    hands.at = MONDAY + timedelta(days=1)
    done = run("train.cpu")
    assert (done.pk, done.state) == (job.pk, State.SUCCEEDED)
    said = [one.data["message"] for one in done.events.filter(type="log")]
    assert f"goes on from step {left.checkpoint['step']}" in said
    assert AuditEvent.objects.filter(subject_id=str(job.pk), verb="job.queued").count() == 1

    send(body, actor=submitter)
    assert weights(run("train.cpu")) == weights(done)
    batch.drop_warm()
