"""The reviewer's desk, the owner's policies, and the page of a job that a policy holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import ProjectPolicy, Review, ReviewRequest
from jobs.models import Job, State
from jobs.policies import set_policy
from jobs.submission import send
from lineage.flags import flag
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
DESK = "/audit/reviewrequest/"


@pytest.fixture
def held(project: Project, people: dict[str, User], told: Story) -> Job:
    """A training of the submitter that waits for a release."""
    set_policy(project, "require_review", {}, actor=people["owner"])
    body = {"kind": "train", "dataset_version": str(told.data.pk), "family": "dcgan", "purpose": "for the desk"}
    return send(body, actor=people["submitter"])[0]


def decide(browser: Client, kind: str, subject: object, decision: str, **said: str) -> str:
    """The page after a decision."""
    place = f"{DESK}decide/{kind}/{subject}/"
    return browser.post(place, {"decision": decision, **said}, follow=True).content.decode()


def test_a_request_that_is_none_is_answered_in_words(held: Job, people: dict[str, User], browser_of: BrowserOf) -> None:
    place = f"{DESK}decide/job/{held.pk}/"
    said = {"decision": "approve", "request": "abc"}
    assert browser_of(people["reviewer"]).post(place, said).status_code == 404


def test_the_desk_shows_a_held_job_with_its_facts_beside_the_buttons(
    held: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    page = browser_of(people["reviewer"]).get(DESK).content.decode()
    for said in ("require_review", "for the desk", "sam", 'value="approve"', 'value="reject"', str(held.pk)):
        assert said in page


def test_home_and_digest_tell_of_a_job_that_a_policy_holds(
    held: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    browser = browser_of(people["reviewer"])
    home = browser.get("/").content.decode()
    assert "s desk: 1" in home
    assert "Nothing waits for your review." not in home
    digest = browser.get("/jobs/digestmail/")
    assert digest.context["counts"]["held"] == 1
    assert f"/jobs/job/{held.pk}/change/" in digest.content.decode()


def test_a_no_without_a_reason_comes_back_with_what_it_is_about(
    held: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    answer = browser_of(people["reviewer"]).post(f"{DESK}decide/job/{held.pk}/", {"decision": "reject", "comment": ""})
    assert answer.status_code == 422
    assert f'href="/jobs/job/{held.pk}/change/">Job: ' in answer.content.decode()


def test_a_no_without_a_reason_on_the_desk_shows_the_desk_again_with_the_error_on_its_card(
    held: Job, told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    flag(told.made[0], "a face", actor=people["viewer"])
    browser = browser_of(people["reviewer"])
    page = browser.get(DESK, {"kind": "job"})
    asked = page.context["cards"][0]["request"]
    assert 'name="desk" value="kind=job"' in page.content.decode()
    sent = {"request": str(asked.pk), "desk": "kind=job", "decision": "reject", "comment": "   "}
    answer = browser.post(f"{DESK}decide/job/{held.pk}/", sent)
    shown = answer.content.decode()
    assert (answer.status_code, answer.context["asked"]) == (422, {"kind": "job"})
    assert [str(card["subject"].pk) for card in answer.context["cards"]] == [str(held.pk)]
    assert "for the desk" in shown
    assert f'action="{DESK}"' in shown
    assert f'aria-describedby="comment-{held.pk}-error">\n   </textarea>' in shown
    assert f'id="comment-{held.pk}-error" role="alert">' in shown
    mended = browser.post(f"{DESK}decide/job/{held.pk}/", sent | {"comment": "no purpose"})
    assert (mended.status_code, mended["Location"]) == (302, f"{DESK}?kind=job")
    assert Review.objects.get().comment == "no purpose"


def test_an_error_marks_the_one_card_that_it_is_of(
    held: Job, told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    flag(told.made[0], "a face", actor=people["viewer"])
    browser = browser_of(people["reviewer"])
    cards = browser.get(DESK).context["cards"]
    asked = next(card["request"] for card in cards if card["kind"] == "artifact")
    text = "x" * 10_000
    sent = {"request": str(asked.pk), "desk": "", "decision": "withdraw", "comment": text}
    answer = browser.post(f"{DESK}decide/artifact/{told.made[0].pk}/", sent)
    marked = {card["kind"]: card.get("typed") for card in answer.context["cards"]}
    assert (answer.status_code, marked) == (422, {"job": None, "artifact": text})
    assert f">\n{text}</textarea>" in answer.content.decode()


def test_a_decision_on_the_desk_releases_the_job(held: Job, people: dict[str, User], browser_of: BrowserOf) -> None:
    asked = ReviewRequest.objects.get(subject_kind="job", closed_at=None)
    page = decide(browser_of(people["reviewer"]), "job", held.pk, "approve", request=str(asked.pk), comment="fine")
    held.refresh_from_db()
    assert held.state == State.QUEUED
    assert "Your decision is in the log." in page
    page = decide(browser_of(people["reviewer"]), "job", held.pk, "reject", request=str(asked.pk), comment="late")
    assert "Somebody else decided on this first" in page
    assert Review.objects.filter(subject_id=str(held.pk)).count() == 1


@pytest.mark.parametrize("who", ["viewer", "submitter", "stranger"])
def test_nobody_but_a_reviewer_has_anything_on_the_desk(
    who: str, held: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    browser = browser_of(people[who])
    assert str(held.pk) not in browser.get(DESK).content.decode()
    decide(browser, "job", held.pk, "approve")
    held.refresh_from_db()
    assert held.state == State.HELD


def test_the_page_of_a_held_job_says_who_can_release_it_in_both_languages(
    held: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    place = f"/jobs/job/{held.pk}/change/"
    english = browser_of(people["submitter"]).get(place).content.decode()
    assert "a reviewer of project studio other than sam can release it" in english
    assert 'name="decision"' not in english
    chinese = browser_of(people["reviewer"], "zh-hans").get(place).content.decode()
    assert "项目 studio 的审核者（sam 除外）可以放行" in chinese
    assert ">放行</button>" in chinese


def test_an_owner_sets_a_policy_from_its_schema(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["owner"])
    place = f"/audit/projectpolicy/{project.pk}/licence_forbids/set/"
    assert "Further words" in browser.get(place).content.decode()
    browser.post(place, {"well_known": "on", "models": "on", "words": "NC\n internal \n"})
    row = ProjectPolicy.objects.get()
    assert row.params == {"well_known": True, "words": ["NC", "internal"], "models": True}
    page = browser.get(f"/accounts/project/{project.pk}/change/").content.decode()
    assert "Licences that forbid it" in page
    assert "NC, internal" in page
    browser.post(f"/audit/projectpolicy/{project.pk}/licence_forbids/clear/")
    assert not ProjectPolicy.objects.exists()


def test_a_wrong_parameter_stands_beside_its_field(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["owner"])
    answer = browser.post(f"/audit/projectpolicy/{project.pk}/cap_count/set/", {"per_job": "-1", "per_week": "0"})
    assert answer.status_code == 422
    assert "per_job" in answer.context["form"].errors


@pytest.mark.parametrize(("who", "status"), [("reviewer", 403), ("viewer", 403), ("stranger", 404)])
def test_nobody_else_sets_policies(
    who: str, status: int, people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people[who])
    place = f"/audit/projectpolicy/{project.pk}/cap_count/"
    assert browser.get(place + "set/").status_code == status
    browser.post(place + "set/", {"per_job": "1", "per_week": "0"})
    assert not ProjectPolicy.objects.exists()


def test_what_a_policy_refuses_stands_beside_the_field_of_the_form(
    people: dict[str, User], project: Project, told: Story, browser_of: BrowserOf
) -> None:
    set_policy(project, "require_purpose", {}, actor=people["owner"])
    form = {"input_data": str(told.data.pk), "param_steps": "10", "param_learning_rate": "0.001"}
    answer = browser_of(people["submitter"]).post("/jobs/job/add/?kind=train&family=dcgan", form)
    assert answer.status_code == 422
    assert "what it is for" in answer.context["form"].errors["purpose"][0]


def test_a_reviewer_approves_data_on_their_page(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(people["reviewer"])
    place = f"/catalog/datasetversion/{told.data.pk}/change/"
    page = browser.get(place).content.decode()
    assert "It says none of the well-known words" in page
    decide(browser, "dataset_version", told.data.pk, "approve", comment="declared well")
    assert "declared well" in browser.get(place).content.decode()


def test_a_flagged_artifact_waits_on_the_desk_and_is_withdrawn_there(
    people: dict[str, User], told: Story, browser_of: BrowserOf
) -> None:
    artifact = told.made[0]
    viewer = browser_of(people["viewer"])
    viewer.post(f"{DESK}flag/{artifact.pk}/", {"reason": "a face"})
    reviewer = browser_of(people["reviewer"])
    assert "viewer: a face" in reviewer.get(DESK).content.decode()
    decide(reviewer, "artifact", artifact.pk, "withdraw", comment="shows a person")
    page = viewer.get(f"/lineage/artifact/{artifact.pk}/change/").content.decode()
    assert "shows a person" in page
    assert "Its content is for reviewers alone." in page
    assert f'src="/api/v1/artifacts/{artifact.pk}/content"' not in page
    gallery = viewer.get(f"/lineage/artifact/?job={artifact.job_id}").content.decode()
    assert f'src="/api/v1/artifacts/{artifact.pk}/content"' not in gallery
    assert "withdrawn" in gallery
    Job.objects.filter(pk=artifact.job_id).update(result={"archive": "/zip", "sheet_sha256": "1" * 64})
    for browser, shown in ((viewer, False), (reviewer, True)):
        page = browser.get(f"/jobs/job/{artifact.job_id}/change/").content.decode()
        assert ("/sheet" in page, 'href="/zip"' in page) == (shown, shown)


def test_whoever_made_it_does_not_let_it_stand(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    owner = people["owner"]
    artifact = builders.generated(project, owner, 1)[0]
    flag(artifact, "a face", actor=people["viewer"])
    browser = browser_of(owner)
    assert "A second person must decide: this is your own work." in browser.get(DESK).content.decode()
    page = decide(browser, "artifact", artifact.pk, "approve")
    assert "A second person must decide: you made this artifact." in page


def test_the_list_costs_the_same_for_each_project(
    held: Job, people: dict[str, User], browser_of: BrowserOf, django_assert_max_num_queries
) -> None:
    browser = browser_of(people["reviewer"])
    with django_assert_max_num_queries(60):
        browser.get(DESK)
