"""An attempt leaves behind what others need, and nothing that could be taken for another's."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings

from catalog.store import blobs, namespace
from jobs.claim import claim_next
from jobs.models import JobInput, State
from tests import builders
from workers.tasks import batch


@pytest.mark.django_db
def test_a_child_whose_reports_were_not_followed_to_a_recorded_end_is_not_used_again(project, submitter):
    job = builders.job(project, submitter, "verify", queue="io")
    sha256 = blobs().put(namespace(project), b"a stray file")
    JobInput.objects.create(job=job, role="upload", upload_sha256=sha256, upload_name="stray.txt")
    claim = claim_next("io", "w1")

    batch.run_claims([claim], threading.Event())  # no worker announced kind verify: what it produces is not known

    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "unknown_kind")
    assert batch._warm is None
    assert not (settings.ATTEMPTS_FOLDER / str(job.pk)).exists()


def test_an_attempt_that_comes_late_leaves_the_folder_of_the_next_one(tmp_path):
    for token in (1, 2, 3):
        (tmp_path / "job" / str(token)).mkdir(parents=True)
    batch.clear(tmp_path / "job" / "2")
    assert [place.name for place in (tmp_path / "job").iterdir()] == ["3"]
    batch.clear(tmp_path / "job" / "3")
    assert not (tmp_path / "job").exists()
