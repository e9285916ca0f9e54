"""What people decide and ask through the pages: four eyes, roles, buttons of a job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Membership, Project, User
from audit.models import AuditEvent
from jobs.models import Job, State
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
SENTENCE = {
    "en": "A second person must decide: you trained this model or brought its data.",
    "zh-hans": "须由另一人决定：该模型由您训练，或其数据由您提供。",
}


def decide(browser: Client, told: Story, decision: str, comment: str = "") -> str:
    """The page after a decision."""
    address = f"/catalog/modelversion/{told.model.pk}/decide/"
    answer = browser.post(address, {"decision": decision, "comment": comment}, follow=True)
    return answer.content.decode()


def test_a_second_person_approves(reviewer: User, told: Story, browser_of: BrowserOf) -> None:
    page = decide(browser_of(reviewer), told, "approve", "good digits")
    told.model.refresh_from_db()
    assert (told.model.stage, told.model.decided_by) == ("approved", reviewer)
    assert "chest-dcgan v1 is now approved." in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_four_eyes_are_explained_in_a_sentence(
    language: str, submitter: User, project: Project, told: Story, browser_of: BrowserOf
) -> None:
    Membership.objects.filter(user=submitter).update(role="reviewer")
    address = f"/catalog/modelversion/{told.model.pk}/"
    browser = browser_of(submitter, language)
    said = {"decision": "approve"}
    answer = browser.post(
        address + "decide/", said, follow=True, headers={"Referer": f"http://testserver{address}change/"}
    )
    told.model.refresh_from_db()
    assert told.model.stage == "draft"
    assert SENTENCE[language] in answer.content.decode()


def test_rejecting_needs_a_reason(reviewer: User, told: Story, browser_of: BrowserOf) -> None:
    assert "Say why." in decide(browser_of(reviewer), told, "reject")


def test_whoever_trained_it_is_not_offered_approval(
    submitter: User, project: Project, told: Story, browser_of: BrowserOf
) -> None:
    Membership.objects.filter(user=submitter).update(role="reviewer")
    context = browser_of(submitter).get(f"/catalog/modelversion/{told.model.pk}/change/").context
    assert context["needs_another"]
    assert [decision["name"] for decision in context["decisions"]] == ["revoke"]


def test_a_reviewer_sees_the_newest_samples_beside_the_decision(
    reviewer: User, told: Story, browser_of: BrowserOf
) -> None:
    page = browser_of(reviewer).get(f"/catalog/modelversion/{told.model.pk}/change/").content.decode()
    assert f"/api/v1/jobs/{told.trained.pk}/samples/1400" in page


def test_a_job_that_is_being_cancelled_offers_nothing_more(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    Job.objects.filter(pk=told.training.pk).update(wants="cancel")
    assert browser_of(submitter).get(f"/jobs/job/{told.training.pk}/live/").context["asks"] == []


def test_a_submitter_is_not_offered_the_decision(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/catalog/modelversion/{told.model.pk}/change/").content.decode()
    assert 'name="decision"' not in page


def test_home_lists_what_waits_for_a_second_person_only(
    submitter: User, reviewer: User, told: Story, browser_of: BrowserOf
) -> None:
    Membership.objects.filter(user=submitter).update(role="reviewer")
    assert told.model in browser_of(reviewer).get("/").context["reviews"]
    assert told.model not in browser_of(submitter).get("/").context["reviews"]


def test_cancelling_a_running_job_asks_its_worker(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser_of(submitter).post(f"/jobs/job/{told.training.pk}/ask/cancel/")
    told.training.refresh_from_db()
    assert told.training.wants == "cancel"


def test_asking_what_is_too_late_is_answered_in_words(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).post(f"/jobs/job/{told.trained.pk}/ask/pause/", follow=True)
    assert "Too late: the job is succeeded." in answer.content.decode()


def test_looking_at_an_action_changes_nothing(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser_of(submitter).get(f"/jobs/job/{told.training.pk}/ask/cancel/")
    assert Job.objects.get(pk=told.training.pk).wants == ""


def test_a_viewer_has_no_buttons_and_no_say(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(people["viewer"])
    assert "/ask/" not in browser.get(f"/jobs/job/{told.training.pk}/change/").content.decode()
    answer = browser.post(f"/jobs/job/{told.training.pk}/ask/cancel/", follow=True)
    assert "needs the role submitter" in answer.content.decode()
    assert Job.objects.get(pk=told.training.pk).state == State.RUNNING


def test_an_owner_gives_a_role_and_the_log_says_so(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["owner"])
    browser.post(f"/accounts/project/{project.pk}/role/", {"username": "stranger", "role": "viewer"})
    assert Membership.objects.get(project=project, user=people["stranger"]).role == "viewer"
    assert AuditEvent.objects.filter(verb="role.changed", actor="owner").exists()


def test_a_reviewer_gives_no_roles(people: dict[str, User], project: Project, browser_of: BrowserOf) -> None:
    browser = browser_of(people["reviewer"])
    browser.post(f"/accounts/project/{project.pk}/role/", {"username": "stranger", "role": "owner"})
    assert not Membership.objects.filter(project=project, user=people["stranger"]).exists()


def test_a_superuser_adds_a_person_who_can_log_in(project: Project, browser_of: BrowserOf) -> None:
    root = builders.person("root", is_staff=True, is_superuser=True)
    said = {"username": "nina", "way": "password", "password": "a long enough one"}
    browser_of(root).post("/accounts/user/add/", said | {"project": project.slug, "role": "reviewer"})
    assert Membership.objects.get(user__username="nina").role == "reviewer"
    assert Client().login(username="nina", password="a long enough one")
    assert AuditEvent.objects.filter(verb="user.created", actor="root").exists()


def test_nobody_else_adds_people(people: dict[str, User], project: Project, browser_of: BrowserOf) -> None:
    said = {"username": "nina", "way": "password", "password": "a long enough one"}
    answer = browser_of(people["owner"]).post("/accounts/user/add/", said, follow=True)
    assert "This needs an operator of the platform." in answer.content.decode()
    assert not User.objects.filter(username="nina").exists()
