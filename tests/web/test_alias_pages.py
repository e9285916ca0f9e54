"""Aliases in the admin: proposed in one browser, approved in another, asked about by date."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import Review, ReviewRequest
from catalog import aliases
from catalog.models import Alias, ModelVersion, Stage
from config import clock
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
BrowserOf = Callable[..., Client]


@pytest.fixture
def version(project: Project, submitter: User) -> ModelVersion:
    return builders.model_version(project, submitter, "chest-xray", stage=Stage.APPROVED)


@pytest.fixture
def production(version: ModelVersion, submitter: User, reviewer: User) -> Alias:
    move = aliases.propose(version.model, "production", version, actor=submitter)
    aliases.decide_alias(move.alias, "approve", actor=reviewer)
    return Alias.objects.get()


def test_one_proposes_and_another_approves(
    version: ModelVersion, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    said = {"version": version.pk, "name": "production", "reason": "first release"}
    page = browser_of(submitter).post("/catalog/alias/add/", said)["Location"]
    assert b'value="approve"' not in browser_of(submitter).get(page).content
    assert b'value="approve"' in browser_of(reviewer).get(page).content
    alias = Alias.objects.get()
    browser_of(reviewer).post(f"/audit/reviewrequest/decide/alias/{alias.pk}/", {"decision": "approve"})
    alias.refresh_from_db()
    assert alias.version == version


def test_who_proposed_it_takes_it_back_on_its_page(
    version: ModelVersion, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    alias = aliases.propose(version.model, "production", version, actor=submitter).alias
    place = f"/catalog/alias/{alias.pk}/"
    assert b"Take it back" in browser_of(submitter).get(f"{place}change/").content
    assert b"Take it back" not in browser_of(reviewer).get(f"{place}change/").content
    browser_of(reviewer).post(f"{place}withdraw/")
    assert ReviewRequest.objects.get().closed_at is None
    browser_of(submitter).post(f"{place}withdraw/")
    assert (ReviewRequest.objects.get().closed_at is None, alias.moves.get().state) == (False, "withdrawn")


def test_a_rejection_on_its_page_is_one_review_in_the_words_of_all_others(
    version: ModelVersion, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    alias = aliases.propose(version.model, "production", version, actor=submitter).alias
    browser = browser_of(reviewer)
    said = {"decision": "reject", "comment": "too soon"}
    browser.post(f"/audit/reviewrequest/decide/alias/{alias.pk}/", said)
    assert list(Review.objects.values_list("decision", "comment")) == [("reject", "too soon")]
    assert b"too soon" in browser.get(f"/catalog/alias/{alias.pk}/change/").content


def test_a_bad_name_is_told_beside_its_field(version: ModelVersion, submitter: User, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).post("/catalog/alias/add/", {"version": version.pk, "name": "3"})
    assert answer.status_code == 422
    assert b"not a number" in answer.content


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_answer_every_member(
    production: Alias, people: dict[str, User], language: str, browser_of: BrowserOf
) -> None:
    for role in ("viewer", "submitter", "reviewer", "owner"):
        for address in ("/catalog/alias/", f"/catalog/alias/{production.pk}/change/"):
            assert browser_of(people[role], language).get(address).status_code == 200


def test_a_stranger_finds_none(production: Alias, people: dict[str, User], browser_of: BrowserOf) -> None:
    assert browser_of(people["stranger"]).get(f"/catalog/alias/{production.pk}/change/").status_code == 404


def test_a_date_is_answered_with_who_approved_it(production: Alias, submitter: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/catalog/alias/{production.pk}/change/?at={clock.now():%Y-%m-%d}")
    assert (page.context["standing"].move.decided_by.username, b"rita" in page.content) == ("rita", True)


def test_a_date_that_is_none_is_told(production: Alias, submitter: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/catalog/alias/{production.pk}/change/?at=someday")
    assert (page.status_code, b"This is no date" in page.content) == (200, True)


def test_the_form_of_a_job_offers_the_alias_and_records_it(
    production: Alias, submitter: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    page = browser.get("/jobs/job/add/?kind=generate&model=chest-xray@production")
    chosen = page.context["form"]["input_model"].value()
    assert chosen == f"{production.model_id}@production"
    sent = browser.post("/jobs/job/add/?kind=generate", {"input_model": chosen, "param_count": 1})
    shown = browser.get(sent["Location"]).content
    assert b"submitted as chest-xray@production" in shown


def test_a_proposal_stands_in_the_reviewers_queue_and_is_approved_there(
    version: ModelVersion, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    move = aliases.propose(version.model, "production", version, actor=submitter, reason="first release")
    browser = browser_of(reviewer)
    page = browser.get("/audit/reviewrequest/").content.decode()
    assert ("chest-xray@production" in page, "first release" in page) == (True, True)
    browser.post(f"/audit/reviewrequest/decide/alias/{move.alias_id}/", {"decision": "approve"})
    request = ReviewRequest.objects.get()
    assert (Alias.objects.get().version, request.review.reviewer) == (version, "rita")


def test_the_queue_shows_one_s_own_proposal_without_buttons(
    version: ModelVersion, reviewer: User, browser_of: BrowserOf
) -> None:
    move = aliases.propose(version.model, "production", version, actor=reviewer)
    browser = browser_of(reviewer)
    browser.post(f"/audit/reviewrequest/decide/alias/{move.alias_id}/", {"decision": "approve"})
    assert Alias.objects.get().version is None
    assert browser.get("/audit/reviewrequest/").status_code == 200
