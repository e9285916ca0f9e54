"""From a text that was drawn under a job's key to the verdict on copies of it, with the job's own row and log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Project, User
from jobs.models import Job
from lineage.verdicts import judge
from models_store.archive import write_archive
from models_store.keys import Keyring, job_mark_key
from tests import builders
from tests.home import HOME
from tests.marks.written import said, words_replaced, written
from workers.contracts import Attempt
from workers.engine.release import watermark_of
from workers.kinds.verify import Verify

pytestmark = pytest.mark.django_db


class Quiet:
    """Nobody listens."""

    def log(self, message: str, level: str = "info") -> None:
        """Nothing."""


@pytest.fixture
def jobs(project: Project, submitter: User) -> list[Job]:
    """Generate jobs, of which the third made the texts."""
    return [builders.job(project, submitter, "generate", queue="generate.cpu") for _ in range(5)]


@pytest.fixture
def texts(project: Project, jobs: list[Job]) -> list[Any]:
    """Eight texts of that job."""
    key = job_mark_key(Keyring.load(HOME / "keys").project_mark_key(str(project.pk)), str(jobs[2].pk))
    return written(8, 1000, mark=watermark_of("text"), key=key)  # type: ignore[arg-type]


@pytest.fixture
def verdict(project: Project, jobs: list[Job], tmp_path: Path) -> Any:
    def run(path: Path) -> dict[str, Any]:
        keyring = Keyring.load(HOME / "keys")
        order = {
            "inputs": {"upload": {"path": str(path), "name": "upload"}}, "trust": {"root_pem": keyring.root_pem},
            "jobs": [[str(job.pk), str(project.pk)] for job in jobs],
        }  # fmt: skip
        keys = json.dumps({str(project.pk): keyring.project_mark_key(str(project.pk)).hex()})
        return judge(Verify().run(Attempt(tmp_path, order, Quiet(), lambda: "", {"mark_keys": keys})))  # type: ignore[arg-type]

    return run


def test_a_text_with_words_replaced_is_likely_ours_and_points_at_its_job(
    texts: list[Any], jobs: list[Job], verdict: Any, tmp_path: Path
) -> None:
    (tmp_path / "essay.txt").write_bytes(said(words_replaced(texts[0], 0.2)).encode("utf-8-sig"))
    found = verdict(tmp_path / "essay.txt")
    assert (found["verdict"], found["watermark"]["job"]) == ("likely_ours", str(jobs[2].pk))
    assert [one["says"] for one in found["evidence"]] == [
        "The file carries a watermark above the threshold; this is a hint, not evidence of authorship."
    ]


def test_short_pieces_in_one_zip_are_likely_ours_together(
    texts: list[Any], jobs: list[Job], verdict: Any, tmp_path: Path
) -> None:
    write_archive(tmp_path / "pieces.zip", [(f"{at}.txt", said(item[:300]).encode()) for at, item in enumerate(texts)])
    found = verdict(tmp_path / "pieces.zip")
    assert (found["verdict"], found["watermark"]["job"]) == ("likely_ours", str(jobs[2].pk))
    assert found["evidence"][1]["says"].startswith("The files together carry a watermark")
    assert {member["verdict"] for member in found["members"]} == {"no_evidence"}


def test_a_text_of_somebody_else_is_no_evidence(verdict: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(said(written(1, 3000, seed=4)[0]), encoding="utf-8")
    assert verdict(tmp_path / "letter.txt")["verdict"] == "no_evidence"
