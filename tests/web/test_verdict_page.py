"""The verify page: what was found, what follows, what does not, and how the file came to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import Review
from config import clock
from desk.artifact.verdict import VERDICTS
from desk.artifact.verdict_meaning import FOLLOWS, NOT
from jobs.models import Job, State
from lineage.models import Artifact
from lineage.services import proof_of
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
FORBIDDEN = ("tamper-proof", "guarantee", "unremovable", "compliant", "we prove", "not ours")


def page(browser: Client, job: Job) -> str:
    """The verify page with the answer of a job."""
    return browser.get(f"/lineage/artifact/verify/?job={job.pk}").content.decode()


def asked(home: Project, who: User, **result: Any) -> Job:
    """A question that was answered."""
    said = {"evidence": [], "c2pa_state": "none", "watermark": None} | result
    return builders.job(home, who, "verify", state=State.SUCCEEDED, result=said, finished_at=clock.now())


@pytest.mark.parametrize("name", VERDICTS)
def test_every_verdict_says_what_follows_and_what_does_not(
    name: str, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    html = page(browser_of(submitter), asked(project, submitter, verdict=name))
    assert html.index("What follows from it") < html.index("What does not follow")
    assert all(said in html.replace("&#x27;", "'") for said in (*FOLLOWS[name], *NOT[name]))


def test_no_sentence_claims_what_must_not_be_claimed() -> None:
    text = " ".join(said for lists in (FOLLOWS, NOT) for group in lists.values() for said in group).lower()
    assert not [word for word in FORBIDDEN if word in text]


def test_a_member_reads_data_model_approval_request_and_log_in_their_order(
    told: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    artifact = Artifact.objects.get(pk=told.made[0].pk)
    artifact.model_version.dataset_version = told.data
    artifact.model_version.save(update_fields=["dataset_version"])
    Review.objects.create(
        subject_kind="model_version", subject_id=str(artifact.model_version_id), project_id=project.pk,
        reviewer="rita", decision="approve", comment="Looks <b>fine</b>.", at=clock.now(),
    )  # fmt: skip
    Job.objects.filter(pk=told.asked.pk).update(result=told.asked.result | {"log_proof": proof_of(artifact)})
    html = page(browser_of(submitter), told.asked)
    steps = ("was brought in", "was trained", "the file was asked for", "it was generated", "was approved · rita")
    places = [html.index(step) for step in steps]
    assert places == sorted(places)
    assert "Looks &lt;b&gt;fine&lt;/b&gt;." in html
    assert f"/api/v1/artifacts/{artifact.pk}/evidence" in html
    assert "checked: it leads from the file" in html


def test_a_revocation_stands_before_everything_else(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    said = "The model chest v1 was revoked on 2026-11-01 by rita: consent was withdrawn"
    line = {"kind": "revocation", "says": said, "on": "2026-11-01", "by": "rita", "because": "consent was withdrawn"}
    Job.objects.filter(pk=told.asked.pk).update(result=told.asked.result | {"evidence": [line]})
    html = page(browser_of(submitter), told.asked)
    assert html.index(said) < html.index("What was found")


def test_the_origin_of_what_a_picture_resembles_is_not_told_as_its_own(
    told: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    artifact = told.made[0]
    job = asked(project, submitter, verdict="resembles", artifact=str(artifact.pk), job=str(artifact.job_id))
    html = page(browser_of(submitter), job)
    assert "How the artifact came to be that it resembles" in html
    assert "How it came to be<" not in html


def test_an_outsider_is_told_that_there_is_more_and_not_what(
    told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    stranger = people["stranger"]
    home = Project.objects.get(slug="elsewhere")
    job = asked(home, stranger, **told.asked.result)
    html = page(browser_of(stranger), job)
    assert "is shown to members of the project it comes from" in html
    hidden = [str(told.made[0].pk), str(told.made[0].job_id), "sam", "z = "]
    assert not [word for word in hidden if word in html.replace(str(job.pk), "")]


@pytest.mark.parametrize("place", ["artifact", "job", "model"])
def test_evidence_can_be_taken_where_things_are_shown(
    place: str, told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    one = told.made[0]
    version = one.model_version
    path, said = {
        "artifact": (f"/lineage/artifact/{one.pk}/change/", f"/artifacts/{one.pk}/evidence"),
        "job": (f"/jobs/job/{one.job_id}/change/", f"/jobs/{one.job_id}/evidence"),
        "model": (
            f"/catalog/modelversion/{version.pk}/change/",
            f"/models/{version.model_id}/versions/{version.number}/evidence",
        ),
    }[place]
    assert f'href="/api/v1{said}"' in browser_of(submitter).get(path).content.decode()


def test_the_page_is_all_in_chinese(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    html = page(browser_of(submitter, "zh-hans"), asked(project, submitter, verdict="no_evidence"))
    assert "由此不可知" in html
    assert "That it was not made here" not in html


def test_a_revocation_by_somebody_is_told_in_chinese_too(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    said = "The model chest v1 was revoked on 2026-11-01 by rita: consent was withdrawn"
    line = {"kind": "revocation", "says": said}
    Job.objects.filter(pk=told.asked.pk).update(result=told.asked.result | {"evidence": [line]})
    html = page(browser_of(submitter, "zh-hans"), told.asked)
    assert "2026-11-01 by rita" not in html
    assert "consent was withdrawn" in html
