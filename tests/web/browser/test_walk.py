"""One walk through a real browser: log in, fill in the form, be corrected, submit, land on the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from jobs import presence
from jobs.models import Job
from tests.web.story import Story


def walk(page: Any, told: Story) -> dict[str, Any]:
    """From the login page to the new job; returns what was seen on the way."""
    page.goto("/jobs/job/add/")
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", "pass-of-sam")
    page.click("#login-form button[type=submit]")
    page.click(f"a.km-pick-link[href*='{told.data.pk}']")
    page.click("a.km-pick-link[href*='family=dcgan']")
    page.fill("[name=param_steps]", "99999999")
    page.click("#job-form button[value=submit]")
    refused = page.inner_text(".km-field:has([name=param_steps]) .km-errors")
    page.fill("[name=param_steps]", "150")
    page.click("#job-form button[value=submit]")
    page.fill("[name=name]", "tonight")
    page.click("#job-submit")
    page.wait_for_url("**/jobs/job/*/change/")
    english = page.inner_text("#job-live")
    page.click(".km-language [value=zh-hans]")
    page.wait_for_selector(".km-language [value=zh-hans][aria-pressed=true]")
    chinese = page.inner_text("#job-live")
    page.goto(f"/jobs/job/{told.trained.pk}/change/")
    page.wait_for_selector("#job-curve-card:not([hidden])")
    samples = page.get_attribute("#job-slider", "max")
    page.focus("#job-slider")
    page.keyboard.press("Home")
    return {
        "refused": refused,
        "english": english,
        "chinese": chinese,
        "samples": samples,
        "first": page.get_attribute("#job-sample", "src"),
        "wide": page.evaluate("document.documentElement.scrollWidth > window.innerWidth"),
    }


def test_a_person_submits_a_training_in_a_browser(submitter: User, told: Story, page_of: Callable[..., Any]) -> None:
    presence.here("train@here", ["train.cpu"])
    seen = walk(page_of(None, width=390), told)
    assert "1000000" in seen["refused"].replace(",", "")
    assert "waits for a free worker" in seen["english"]
    assert "等待空闲的工作进程" in seen["chinese"]
    assert seen["samples"] == "6"
    assert seen["first"].endswith("/samples/200")
    assert not seen["wide"]
    assert Job.objects.get(name="tonight").params["steps"] == 150


def test_a_file_to_verify_is_sent_once_and_nothing_cannot_be_sent(
    submitter: User, told: Story, page_of: Callable[..., Any]
) -> None:
    before = Job.objects.filter(kind="verify").count()
    page = page_of(None)
    page.goto("/lineage/artifact/verify/")
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", "pass-of-sam")
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#verify-form button:disabled")
    page.set_input_files("#verify-form [name=file]", {"name": "e.png", "mimeType": "image/png", "buffer": b""})
    page.wait_for_selector("#verify-form .km-errors[role=alert]")
    refused = page.inner_text("#verify-form .km-errors[role=alert]")
    page.set_input_files("#verify-form [name=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"a"})
    page.wait_for_url("**/verify/?job=*")
    page.wait_for_selector("#verify-form button:disabled")
    assert "The file is empty." in refused
    assert Job.objects.filter(kind="verify").count() == before + 1
