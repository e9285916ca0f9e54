"""A session that ends in the middle of a form takes nothing with it, and shows it to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.models import Project, User
from jobs.models import Job
from tests import builders
from tests.web.story import Story

PageOf = Callable[..., Any]
DRAFTS = "Object.keys(sessionStorage).filter(key => key.startsWith('km-draft:'))"


def form_of(told: Story) -> str:
    """The address of the parameters of a training."""
    return f"/jobs/job/add/?kind=train&family=dcgan&data={told.data.pk}&step=parameters"


@pytest.fixture
def half_typed(told: Story, submitter: User, page_of: PageOf) -> Any:
    """The training form with some of it typed, of somebody whose session has just ended."""
    page = page_of(submitter)
    page.goto(form_of(told))
    page.fill("[name$=steps]", "321")
    page.click("#job-form button[value=submit]")
    page.fill("[name=name]", "digits before lunch")
    page.fill("[name=purpose]", "to see what comes back")
    Session.objects.all().delete()
    return page


def log_in(page: Any, user: User) -> None:
    """By the login page that is shown."""
    page.wait_for_selector("#login-form")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", f"pass-of-{user.username}")
    page.click("#login-form button[type=submit]")


def send(page: Any) -> None:
    """Submit the job by its button."""
    page.click("#job-submit")


def test_a_form_that_was_sent_too_late_comes_back_after_the_login_and_is_taken(
    half_typed: Any, submitter: User
) -> None:
    send(half_typed)
    log_in(half_typed, submitter)
    half_typed.wait_for_selector(".km-kept")
    assert half_typed.input_value("[name=purpose]") == "to see what comes back"
    send(half_typed)
    half_typed.wait_for_url("**/jobs/job/*/change/**")
    job = Job.objects.get(name="digits before lunch")
    assert job.params["steps"] == 321
    assert half_typed.evaluate(DRAFTS) == []


def test_a_page_that_was_loaded_anew_too_late_comes_back_with_what_was_typed(half_typed: Any, submitter: User) -> None:
    half_typed.reload()
    log_in(half_typed, submitter)
    half_typed.wait_for_selector(".km-kept")
    assert half_typed.input_value("[name=name]") == "digits before lunch"
    half_typed.click(".km-kept button")
    assert half_typed.input_value("[name=purpose]") == ""


def test_somebody_else_in_the_same_browser_sees_nothing_of_it(
    half_typed: Any, project: Project, submitter: User
) -> None:
    other = builders.person("olga")
    project.members.add(other, through_defaults={"role": "submitter"})
    send(half_typed)
    log_in(half_typed, other)
    half_typed.wait_for_selector("[name=purpose]")
    assert half_typed.input_value("[name=purpose]") == ""
    assert half_typed.query_selector(".km-kept") is None
    assert half_typed.evaluate(DRAFTS) == []


def test_after_a_login_in_another_tab_the_form_is_reached_again_and_taken(half_typed: Any, submitter: User) -> None:
    other = half_typed.context.new_page()
    other.goto("/")
    log_in(other, submitter)
    other.wait_for_selector("#main")
    send(half_typed)
    half_typed.click("a:has-text('Back to the form')")
    half_typed.wait_for_selector(".km-kept")
    send(half_typed)
    half_typed.wait_for_url("**/jobs/job/*/change/**")
    assert Job.objects.filter(name="digits before lunch").exists()


def test_whoever_logs_out_leaves_nothing_typed_behind(told: Story, submitter: User, page_of: PageOf) -> None:
    page = page_of(submitter)
    page.goto(form_of(told))
    page.fill("[name$=steps]", "123")
    assert len(page.evaluate(DRAFTS)) == 1
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    page.wait_for_selector("text=Log in again")
    assert page.evaluate(DRAFTS) == []


def test_a_file_that_cannot_be_kept_is_named_so_that_it_is_chosen_again(
    told: Story, submitter: User, page_of: PageOf
) -> None:
    page = page_of(submitter)
    page.goto("/lineage/artifact/verify/")
    Session.objects.all().delete()
    page.set_input_files("#verify-form input[type=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    log_in(page, submitter)
    page.wait_for_selector(".km-kept")
    assert "choose it again" in page.inner_text(".km-kept")
