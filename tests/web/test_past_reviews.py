"""Decisions that were made, the desk's filters, and four eyes explained."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from audit import reviews
from audit.models import Review
from jobs.holds import decide_model
from jobs.models import Job, State
from jobs.policies import set_policy
from lineage.flags import flag
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
DESK, PAST = "/audit/reviewrequest/", "/audit/reviewrequest/past/"


@pytest.fixture
def decided(told: Story, people: dict[str, User]) -> Story:
    """A model that the reviewer approved."""
    decide_model(told.model, "approve", actor=people["reviewer"], comment="the digits look right")
    return told


@pytest.fixture
def waits(told: Story, project: Project, people: dict[str, User]) -> Job:
    """A job of the submitter, held; and a flagged artifact."""
    held = builders.job(project, people["submitter"], name="held one", state=State.HELD, purpose="a paper")
    reviews.ask(("job", str(held.pk)), project=project.pk, why="personal data", policy="personal_data", actor="sam")
    flag(told.made[0], "a face that I know", actor=people["viewer"])
    return held


def test_a_decision_says_who_what_when_and_why(decided: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    page = browser_of(people["viewer"]).get(PAST).content.decode()
    for said in ("rita", "approved", "the digits look right", "studio", "chest-dcgan v1", "retired or revoked"):
        assert said in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("who=rita", 1), ("who=sam", 0), ("kind=model_version", 1), ("kind=job", 0), ("project=studio", 1),
     ("project=elsewhere", 0), ("decision=approve", 1), ("decision=reject", 0), ("who=%00", 1)],
)  # fmt: skip
def test_past_reviews_are_filtered(
    query: str, count: int, decided: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    assert len(browser_of(people["owner"]).get(f"{PAST}?{query}").context["lines"]) == count


def test_a_stranger_reads_no_past_review(decided: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    assert browser_of(people["stranger"]).get(PAST).context["lines"] == []


def test_pages_of_past_reviews_follow_each_other_without_a_gap(
    decided: Story, project: Project, people: dict[str, User], browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.log.filter.PAGE", 2)
    for number in range(5):
        subject = ("job", str(number))
        said = {"project": project.pk, "reviewer": "rita", "decision": "reject", "verb": "job.rejected"}
        reviews.record(subject, **said)
    browser, seen, query = browser_of(people["owner"]), [], ""
    while True:
        context = browser.get(f"{PAST}?{query}").context
        seen += [line["row"].pk for line in context["lines"]]
        if not (query := context["older"]):
            break
    assert seen == list(Review.objects.order_by("-pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "kinds"), [("kind=job", ["job"]), ("kind=artifact", ["artifact"]), ("project=x", [])]
)
def test_the_desk_is_filtered(
    query: str, kinds: list[str], waits: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    cards = browser_of(people["reviewer"]).get(f"{DESK}?{query}").context["cards"]
    assert [card["kind"] for card in cards] == kinds


def test_the_desk_is_oldest_first(waits: Job, people: dict[str, User], browser_of: BrowserOf) -> None:
    cards = browser_of(people["reviewer"]).get(DESK).context["cards"]
    assert [card["kind"] for card in cards] == ["job", "artifact"]


def test_the_desk_names_the_policies_that_hold_in_the_project(
    waits: Job, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    set_policy(project, "require_review", {}, actor=people["owner"])
    (first, _second) = browser_of(people["reviewer"]).get(DESK).context["cards"]
    assert len(first["policies"]) == 1
    assert first["policies"][0] in browser_of(people["reviewer"]).get(DESK).content.decode()


def test_a_model_is_shown_with_picture_parity_declaration_and_purpose(
    told: Story, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    reviews.ask(("model_version", str(told.model.pk)), project=project.pk, why="a draft")
    (card,) = browser_of(people["reviewer"]).get(DESK).context["cards"]
    said = dict(card["facts"])
    assert card["picture"] == f"/api/v1/jobs/{told.trained.pk}/samples/1400"
    assert "2.4e-07" in said["Parity with the exported model"]
    assert (said["Licence"], said["Source"], said["Purpose"]) == ("CC0", "scanner 3", "Trying the kiln")
    assert said["Near copies of the training data"].startswith("not measured")


def test_own_work_is_explained_with_the_names_of_those_who_may(
    waits: Job, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    project.membership_set.filter(user=people["submitter"]).update(role="reviewer")
    page = browser_of(people["submitter"]).get(f"{DESK}?kind=job").content.decode()
    assert "Four eyes see more" in page
    assert "These may: owner, rita." in page
    assert 'value="approve"' not in page


def test_a_long_queue_is_shown_page_by_page(
    waits: Job, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    for number in range(30):
        held = builders.job(project, people["submitter"], name=f"n {number}", state=State.HELD)
        reviews.ask(("job", str(held.pk)), project=project.pk, why="x")
    first = browser_of(people["reviewer"]).get(DESK).context
    assert len(first["cards"]) == 10
    assert first["next"].startswith("from=")
