"""The reviewer's desk by keyboard, and proofs of the log that the browser works out itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import Project, User
from audit import reviews, sequencer
from audit.models import AuditEvent, Review
from jobs import sweep
from jobs.models import Job, State
from tests import builders
from tests.web.story import Story


def test_a_reviewer_goes_through_the_desk_and_decides_by_keyboard(
    told: Story, project: Project, submitter: User, reviewer: User, page_of: Callable[..., Any]
) -> None:
    for name in ("first", "second"):
        held = builders.job(project, submitter, name=name, state=State.HELD)
        reviews.ask(("job", str(held.pk)), project=project.pk, why="a policy holds it")
    page = page_of(reviewer)
    page.goto("/audit/reviewrequest/")
    heading = "document.activeElement.querySelector('h2').innerText"
    page.keyboard.press("j")
    assert page.evaluate(heading) == "first"
    page.keyboard.press("j")
    assert page.evaluate(heading) == "second"
    page.keyboard.press("k")
    assert page.evaluate(heading) == "first"
    page.keyboard.press("j")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type("jokes are fine")  # a letter that is typed goes nowhere
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "approve"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Review.objects.get().comment == "jokes are fine"
    assert Job.objects.get(name="second").state != State.HELD


def test_the_browser_works_out_a_proof_and_sees_through_a_false_one(
    told: Story, submitter: User, page_of: Callable[..., Any]
) -> None:
    sweep.sequence(asked=True)
    event = AuditEvent.objects.exclude(index=None).exclude(project_id=None).order_by("index").first()
    page = page_of(submitter)
    page.goto(f"/audit/auditevent/{event.pk}/change/")
    page.click("[data-proof]")
    page.wait_for_selector('#proof-outcome[data-outcome="holds"]')
    assert event.leaf_hash.hex() in page.inner_text("#proof-outcome")
    AuditEvent.objects.filter(pk=event.pk).update(leaf=b'{"v":1}')
    page.click("[data-proof]")
    page.wait_for_selector('#proof-outcome[data-outcome="fails"]')


def test_a_check_that_comes_before_the_signed_head_waits_for_it_by_itself(
    told: Story, submitter: User, page_of: Callable[..., Any]
) -> None:
    sweep.sequence(asked=True)
    reviews.ask(("job", "early"), project=told.training.project_id, why="no head covers it")
    sequencer.sequence()
    event = AuditEvent.objects.exclude(index=None).order_by("-index").first()
    page = page_of(submitter)
    page.goto(f"/audit/auditevent/{event.pk}/change/")
    page.click("[data-proof]")
    page.wait_for_selector('#proof-outcome[data-outcome="waits"]')
    assert "asks again every 5 seconds" in page.inner_text("#proof-outcome")
    sweep.sequence(asked=True)
    page.wait_for_selector('#proof-outcome[data-outcome="holds"]')


def test_the_browser_works_out_that_the_log_only_grew(
    told: Story, submitter: User, reviewer: User, page_of: Callable[..., Any]
) -> None:
    for number in range(5):
        reviews.ask(("job", str(number)), project=told.training.project_id, why="so that the log grows")
        sweep.sequence(asked=True)
    page = page_of(submitter)
    page.goto("/audit/auditevent/heads/")
    older = page.locator("#older option").last.get_attribute("value")
    page.select_option("#older", older)
    with page.expect_navigation():
        page.click("form.km-fields button")
    page.wait_for_selector('#heads-outcome[data-outcome="holds"]')


def test_a_card_of_home_changes_under_the_focus_and_keeps_it(
    told: Story, submitter: User, page_of: Callable[..., Any]
) -> None:
    page = page_of(submitter)
    page.goto("/")
    link = f"now-{told.training.pk}"
    page.focus(f"#{link}")
    Job.objects.filter(pk=told.training.pk).update(done=1288)
    page.wait_for_selector('#card-now [role="progressbar"][aria-valuenow="92"]')
    assert page.evaluate("document.activeElement.id") == link
