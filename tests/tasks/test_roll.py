"""The roll of jobs that a verify order names: complete, whatever was committed in which order, and cheap to keep so."""

import stat
from pathlib import Path

import pytest

from config import clock
from jobs.models import Job
from models_store.ids import new_id
from workers.engine.job_roll import Roll
from workers.tasks import roll

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(project, submitter):
    """Jobs with these ids."""

    def write(*ids, kind="generate"):
        return Job.objects.bulk_create(
            Job(pk=pk, kind=kind, project=project, submitted_by=submitter, created_at=clock.now(), queue=kind, seed="1")
            for pk in ids
        )

    return write


def listed(folder):
    said = roll.listed(folder)
    found = Roll.read(Path(said["roll"]), said["count"])
    return [job for job, _ in found.rows()], found.generation


def test_it_lists_every_job_that_generates_with_its_project(written, project, tmp_path):
    ids = [new_id() for _ in range(3)]
    written(*ids)
    written(new_id(), kind="train")
    said = roll.listed(tmp_path / "patterns")
    found = Roll.read(Path(said["roll"]), said["count"])
    assert found.rows() == [(pk, project.pk) for pk in ids]


def test_later_jobs_are_added_behind_the_others(written, tmp_path):
    ids = [new_id() for _ in range(4)]
    written(*ids[:2])
    before = listed(tmp_path)
    written(*ids[2:])
    assert listed(tmp_path) == (ids, before[1])


def test_a_job_that_was_committed_late_is_not_missed(written, tmp_path):
    early, late = new_id(), new_id()
    written(late)
    before = listed(tmp_path)
    written(early)
    assert listed(tmp_path) == ([late, early], before[1])


def test_where_a_job_is_no_more_the_roll_is_begun_anew(written, tmp_path):
    gone, stays = new_id(), new_id()
    written(gone, stays)
    before = listed(tmp_path)
    Job.objects.filter(pk=gone).delete()
    after = listed(tmp_path)
    assert after[0] == [stays]
    assert after[1] != before[1]


def test_a_damaged_roll_is_begun_anew(written, tmp_path):
    ids = [new_id() for _ in range(2)]
    written(*ids)
    listed(tmp_path)
    path = tmp_path / roll.NAME
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert listed(tmp_path)[0] == ids


def test_what_is_listed_is_not_asked_for_again(written, tmp_path, django_assert_num_queries):
    written(*(new_id() for _ in range(50)))
    roll.listed(tmp_path)
    with django_assert_num_queries(2):  # what is younger, and how many there are
        roll.listed(tmp_path)


def test_folder_and_file_are_private(written, tmp_path):
    written(new_id())
    roll.listed(tmp_path / "patterns")
    assert stat.S_IMODE((tmp_path / "patterns").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "patterns" / roll.NAME).stat().st_mode) == 0o600
