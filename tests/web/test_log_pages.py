"""The pages of the log: what fits a filter, a proof that is checked, the self-check, and the alarm on every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from audit.models import AuditDetail, AuditEvent, HourlyCount, LogAlarm, SelfCheck
from audit.services import append
from audit.tally import Tally
from config import clock
from jobs import sweep
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
LOG, CHECK, COUNTS = "/audit/auditevent/", "/audit/auditevent/check/", "/audit/hourlycount/"


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """A tally of this test alone."""
    fresh = Tally()
    monkeypatch.setattr("audit.tally.note", fresh.note)
    return fresh


@pytest.fixture
def root(db: None, browser_of: Any) -> Client:
    """An operator's browser."""
    return browser_of(builders.person("root", is_staff=True, is_superuser=True))


@pytest.fixture(autouse=True)
def happened(told: Story, submitter: User) -> None:
    """A few doings of the submitter in the project."""
    with transaction.atomic():
        for number in range(8):
            append(actor="sam", verb="job.moved", subject=("job", str(number)), project=told.training.project_id)


def listed(browser: Client, address: str) -> list[Any]:
    return [row for row, _ in browser.get(address).context["rows"]]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_answer_in_both_languages(
    language: str, told: Story, people: dict[str, User], browser_of: Any
) -> None:
    root = builders.person("root", is_staff=True, is_superuser=True)
    for person in (people["viewer"], people["stranger"], root):
        browser = browser_of(person, language)
        assert [browser.get(page).status_code for page in (LOG, COUNTS)] == [200, 200]
        assert browser.get(CHECK).status_code == (200 if person == root else 403)


def test_the_log_is_filtered_by_who_what_subject_and_day(told: Story, root: Client) -> None:
    row = AuditEvent.objects.filter(actor="sam").first()
    assert {one.actor for one in listed(root, f"{LOG}?who=sam")} == {"sam"}
    assert {one.verb for one in listed(root, f"{LOG}?what={row.verb}")} == {row.verb}
    for beginning in (row.verb[:3], row.verb.partition(".")[2][:3]):
        assert row.verb in {one.verb for one in listed(root, f"{LOG}?what={beginning}")}
    assert listed(root, f"{LOG}?what=nothing") == []
    assert row in listed(root, f"{LOG}?kind={row.subject_kind}&subject={row.subject_id}")
    assert row in listed(root, f"{LOG}?day={clock.now():%Y-%m-%d}&who=sam&what={row.verb}")
    assert listed(root, f"{LOG}?day=2001-01-01") == []


@pytest.mark.parametrize(
    "query", ["day=tomorrow", "day=9999-12-31", "from=x", "who=%00", "kind=%00", "subject=%00", "what=" + "x" * 300]
)
def test_a_filter_that_makes_no_sense_finds_nothing_or_is_left_out(query: str, told: Story, root: Client) -> None:
    for page in (LOG, COUNTS):
        assert root.get(f"{page}?{query}").status_code in (200, 404)


def test_pages_of_the_log_follow_each_other_without_a_gap(
    told: Story, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.log.filter.PAGE", 5)
    answer, seen = root.get(LOG), []
    while True:
        seen += [row.pk for row, _ in answer.context["rows"]]
        if not (older := answer.context["older"]):
            break
        answer = root.get(f"{LOG}?{older}")
    assert seen == list(AuditEvent.objects.order_by("-pk").values_list("pk", flat=True))


def test_a_proof_is_checked_on_the_page_of_its_event(told: Story, root: Client) -> None:
    sweep.sequence(asked=True)
    event = AuditEvent.objects.get(index=2)
    page = root.get(f"{LOG}{event.pk}/proof/").content.decode()
    assert "In the log at place 2. The proof was checked just now" in page


def test_a_proof_that_does_not_hold_says_so(told: Story, root: Client) -> None:
    sweep.sequence(asked=True)
    event = AuditEvent.objects.get(index=2)
    AuditEvent.objects.filter(pk=event.pk).update(leaf=b"not even JSON")
    page = root.get(f"{LOG}{event.pk}/proof/").content.decode()
    assert "The proof does not hold:" in page
    assert "not even JSON" in page


def test_a_stranger_gets_no_proof_of_an_event(told: Story, people: dict[str, User], browser_of: Any) -> None:
    event = AuditEvent.objects.exclude(project_id=None).first()
    assert browser_of(people["stranger"]).get(f"{LOG}{event.pk}/proof/").status_code == 404


def test_who_looked_at_a_text_or_manifest_is_on_the_page_of_counts(
    told: Story, submitter: User, browser_of: Any, root: Client, counts: Tally
) -> None:
    browser_of(submitter).get(f"/api/v1/artifacts/{told.made[0].pk}/manifest")
    counts.flush()
    (row,) = listed(root, f"{COUNTS}?what=artifact.manifest_read&who=sam")
    assert row.subject_id == str(told.made[0].pk)
    assert f"/lineage/artifact/{row.subject_id}/change/" in root.get(f"{COUNTS}?who=sam").content.decode()


def test_counts_stand_on_the_page_of_the_event_that_covers_them(
    told: Story, root: Client, counts: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.note(actor="sam", verb="artifact.read", subject=("artifact", "x1"), project=None)
    counts.flush()
    HourlyCount.objects.update(hour="2026-01-01T10:00:00Z")
    sweep.hours.close_due("worker w")
    event = AuditEvent.objects.get(verb="hour.counted")
    assert "x1" in root.get(f"{LOG}{event.pk}/change/").content.decode()


def test_an_operator_asks_for_a_self_check(told: Story, root: Client) -> None:
    assert root.post(CHECK).status_code == 302
    assert "events are behind it" in root.get(CHECK).content.decode()
    sweep.check_log("w")
    assert SelfCheck.objects.get().problems == []
    assert "The log fits itself" in root.get(CHECK).content.decode()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "its detail is not what"), ("zh-hans", "日志自检发现问题：事件 1")]
)
def test_an_alarm_stands_on_every_page_of_an_operator_and_of_nobody_else(
    language: str, said: str, told: Story, people: dict[str, User], browser_of: Any
) -> None:
    sweep.sequence(asked=True)
    AuditDetail.objects.filter(event__index=1).update(detail={"a": "b"})
    sweep.check_log("w")
    root = browser_of(builders.person("root", is_staff=True, is_superuser=True), language)
    for page in ("/", LOG, CHECK, "/jobs/job/", "/jobs/job/add/", f"/jobs/job/{told.training.pk}/change/"):
        text = root.get(page).content.decode()
        assert 'role="alert"' in text, page
        assert said in text, page
    assert said in root.get("/jobs/digestmail/").content.decode()
    assert 'class="km-alarm"' not in browser_of(people["owner"], language).get("/").content.decode()


def test_without_an_alarm_there_is_no_banner(told: Story, root: Client) -> None:
    sweep.sequence(asked=True)
    assert not LogAlarm.objects.exists()
    assert 'class="km-alarm"' not in root.get("/").content.decode()
