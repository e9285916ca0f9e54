"""What an attempt made is kept; what it no longer needs goes, unless somebody else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Project, User
from catalog.store import blobs, namespace
from jobs.claim import claim_next
from jobs.models import Job
from tests import builders
from workers.tasks.records import keep_checkpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """Two saved states."""
    for step in ("4", "8"):
        (tmp_path / step).mkdir()
        (tmp_path / step / "state.safetensors").write_bytes(f"weights at {step}".encode())
    return tmp_path


def train(project: Project, submitter: User, folder: Path, *steps: str) -> Job:
    """A claimed training that saved these states."""
    job = builders.job(project, submitter)
    claim = claim_next("train.cpu", "w1")
    for step in steps:
        keep_checkpoint(claim, job, folder, {"step": int(step), "folder": step})
    return job


def test_a_state_that_was_replaced_is_let_go(project: Project, submitter: User, checkpoints: Path) -> None:
    first = train(project, submitter, checkpoints, "4").checkpoint["files"]["state.safetensors"]
    Job.objects.all().delete()
    train(project, submitter, checkpoints, "4", "8")
    assert not blobs().exists(namespace(project), first)


def test_a_state_at_which_another_job_stands_is_kept(project: Project, submitter: User, checkpoints: Path) -> None:
    paused = train(project, submitter, checkpoints, "4")
    train(project, submitter, checkpoints, "4", "8")
    blobs().materialise(namespace(project), paused.checkpoint["files"], checkpoints / "resumed")
    assert (checkpoints / "resumed" / "state.safetensors").read_bytes() == b"weights at 4"
