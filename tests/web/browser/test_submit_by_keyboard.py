"""The way to a training by keyboard alone: a preset, an error while typing, the estimate, the submission; a clone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from catalog import plugins
from jobs import presence
from jobs.models import Job, State
from tests import builders
from tests.web.story import Story
from tests.web.test_submit_way import ESTIMATE, KILN

MOST_TABS = 90
FOUND = {
    "fits": True, "suggested_batch": 64, "memory_bytes": 8 << 30, "idle_bytes": 1 << 28, "steps": 7,
    "train_s": 4.0, "device": "cpu", "parameters": {"generator": 295873}, "bytes": {"weights": 1 << 20},
    "batches": [{"batch_size": 64, "memory_bytes": 1 << 30}],
}  # fmt: skip


@pytest.fixture
def kiln(told: Story) -> Story:
    """A method with presets, and a worker that estimates and trains."""
    plugins.announce("a worker", [KILN, ESTIMATE])
    presence.here("all@here", ["io", "train.cpu"])
    return told


def tab_to(page: Any, selector: str) -> None:
    """Move the focus on with the Tab key until it is there."""
    for _ in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def press(page: Any, selector: str, key: str = "Enter") -> None:
    tab_to(page, selector)
    page.keyboard.press(key)


def retype(page: Any, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_training_is_submitted_by_keyboard_alone(kiln: Story, submitter: User, page_of: Callable[..., Any]) -> None:
    page = page_of(submitter)
    page.goto("/jobs/job/add/")
    press(page, f"a.km-pick-link[href*='{kiln.data.pk}']")
    page.wait_for_selector("[aria-current=step] >> text=Method")
    press(page, "a.km-pick-link[href*='family=kiln']")
    page.wait_for_selector("#presets")

    press(page, "button[value=quick]")
    page.wait_for_selector("button[value=quick][aria-pressed=true]")
    assert page.input_value("[name=param_steps]") == "7"
    assert "100" in page.inner_text("[data-field=param_steps] .km-changed")

    retype(page, "[name=param_layers]", "wide")
    page.wait_for_selector("[name=param_layers][aria-invalid=true]")
    assert "not written as it has to be" in page.inner_text("#id_param_layers_error")
    retype(page, "[name=param_layers]", "34")
    page.wait_for_selector("[name=param_layers]:not([aria-invalid])")
    page.wait_for_function("document.getElementById('job-check').innerText.includes('34')")

    press(page, "#job-form button[value=submit]")
    page.wait_for_selector("#estimate .km-working")
    Job.objects.filter(kind="estimate").update(state=State.SUCCEEDED, result=FOUND)
    page.wait_for_selector("#estimate .km-memory")
    assert "It fits" in page.inner_text("#estimate")

    tab_to(page, "[name=name]")
    page.keyboard.type("tonight")
    press(page, "#job-submit")
    page.wait_for_url("**/jobs/job/*/change/")
    assert Job.objects.get(name="tonight").params == {
        "steps": 7, "layers": "34", "decay": 0.5, "sharp": True, "how": "one",
    }  # fmt: skip


def test_a_job_is_cloned_and_edited(kiln: Story, submitter: User, page_of: Callable[..., Any]) -> None:
    Job.objects.filter(pk=kiln.trained.pk).update(family="kiln", params={"steps": 55, "sharp": False})
    page = page_of(submitter, width=390)
    page.goto(f"/jobs/job/add/?clone={kiln.trained.pk}")
    assert page.input_value("[name=param_steps]") == "55"
    page.fill("[name=param_steps]", "56")
    page.click("#job-form button[value=submit]")
    page.fill("[name=purpose]", "again, a little longer")
    page.click("text=Back to the parameters")
    page.wait_for_selector("#presets")
    assert page.input_value("[name=param_steps]") == "56"
    page.fill("[name=param_steps]", "57")
    page.click("#job-form button[value=submit]")
    page.wait_for_selector(".km-kept")
    assert page.input_value("[name=purpose]") == "again, a little longer"
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.click("#job-submit")
    page.wait_for_url("**/jobs/job/*/change/")
    made = Job.objects.filter(kind="train").latest("created_at")
    assert (made.params["steps"], made.params["sharp"], made.purpose) == (57, False, "again, a little longer")


def test_the_generate_form_says_while_one_types_what_is_wrong(
    kiln: Story, submitter: User, page_of: Callable[..., Any]
) -> None:
    builders.model_version(kiln.model.model.project, submitter, "other")
    page = page_of(submitter)
    page.goto("/jobs/job/add/?kind=generate")
    page.click(f"a.km-pick-link[href*='{kiln.model.pk}']")
    page.fill("[name=param_count]", "0")
    page.wait_for_selector("#id_param_count_error .km-errors")
    page.fill("[name=param_count]", "3")
    page.wait_for_selector("#id_param_count_error:empty", state="attached")
    page.fill("[name=name]", "three")
    page.click("#job-submit")
    page.wait_for_url("**/jobs/job/*/change/")
    assert Job.objects.get(name="three").params["count"] == 3
