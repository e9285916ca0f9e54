"""From the list of jobs to a comparison and on to a model, by clicks and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Project, User
from catalog.models import Stage
from jobs.models import Job, JobInput, State
from tests import builders
from tests.web import story
from tests.web.story import Story

Pages = Callable[..., Any]
expect = pytest.importorskip("playwright.sync_api").expect
CHART = "Chart.getChart('curve-0')"


@pytest.fixture
def shorter(told: Story, project: Project, submitter: User) -> Job:
    """A second training that ended, with fewer steps and another width."""
    job = story.training(project, submitter, told.data, State.SUCCEEDED, done=400)
    job.name, job.params = "digits by day", {"steps": 400, "width": 64}
    job.save()
    builders.model_version(project, submitter, "by-day", job=job, dataset_version=told.data, metrics=story.METRICS)
    return job


def compared(page: Any, *jobs: Job) -> Any:
    page.goto("/jobs/job/compare/?" + "&".join(f"job={job.pk}" for job in jobs))
    return page


def test_two_trainings_are_chosen_in_the_list_and_compared(
    told: Story, shorter: Job, submitter: User, page_of: Pages
) -> None:
    page = page_of(submitter)
    page.goto("/jobs/job/")
    for job in (told.trained, shorter):
        page.check(f"input.action-select[value='{job.pk}']")
    page.click("#jobs-compare")
    page.wait_for_url("**/jobs/job/compare/?*")
    row = page.locator("section[aria-labelledby=differ-title] tr", has_text="Width")
    expect(row).to_contain_text("64")
    expect(row).to_contain_text("48")
    assert page.evaluate(f"{CHART}.data.datasets.map(one => one.label)") == [
        "A · digits by day",
        "B · digits overnight",
    ]


def test_one_slider_moves_the_grids_of_all_by_the_keyboard(
    told: Story, shorter: Job, submitter: User, page_of: Pages
) -> None:
    page = compared(page_of(submitter), told.trained, shorter)
    pictures = page.locator("[data-part=picture]")
    expect(pictures.nth(0)).to_have_attribute("src", f"/api/v1/jobs/{told.trained.pk}/samples/1400")
    expect(pictures.nth(1)).to_have_attribute("src", f"/api/v1/jobs/{shorter.pk}/samples/400")
    page.focus("#compare-slider")
    page.keyboard.press("Home")
    for place, job in enumerate((told.trained, shorter)):
        expect(pictures.nth(place)).to_have_attribute("src", f"/api/v1/jobs/{job.pk}/samples/200")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(pictures.nth(0)).to_have_attribute("src", f"/api/v1/jobs/{told.trained.pk}/samples/600")
    expect(pictures.nth(1)).to_have_attribute("src", f"/api/v1/jobs/{shorter.pk}/samples/400")
    expect(page.locator("#compare-slider")).to_have_attribute("aria-valuetext", "Sample grid at step 600")


def test_curves_lie_along_the_time_worked_when_asked(
    told: Story, shorter: Job, submitter: User, page_of: Pages
) -> None:
    page = compared(page_of(submitter), told.trained, shorter)
    page.wait_for_function(f"window.Chart && {CHART} && {CHART}.scales.x.max > 1000")
    page.get_by_label("by time worked").check()
    page.wait_for_function(f"{CHART}.options.scales.x.title.text === 'Minutes worked' && {CHART}.scales.x.max < 1000")


def test_pictures_from_one_seed_come_beside_each_other_when_they_are_made(
    told: Story, shorter: Job, submitter: User, page_of: Pages
) -> None:
    page = compared(page_of(submitter), told.trained, shorter)
    page.fill("#compare-seed", "11")
    page.get_by_role("button", name="Generate 16 with the same seed from each").click()
    sheets = page.locator("#compare-sheets")
    expect(sheets.locator("li")).to_have_count(2)
    made = Job.objects.filter(kind="generate", seed="11")
    sheet = story._blob(told.model.model.project, story.grid(4, 1))
    with page.expect_response(lambda answer: answer.url.endswith("/sheet") and answer.ok):
        for job in made:
            Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result={"count": 16, "sheet_sha256": sheet})
    expect(sheets.locator("img")).to_have_count(2)
    expect(sheets).not_to_have_attribute("hx-trigger", "every 3s")


def test_the_lineage_is_followed_by_the_keyboard(told: Story, submitter: User, page_of: Pages) -> None:
    job = builders.job(told.model.model.project, submitter, "generate", name="wall", state=State.SUCCEEDED)
    JobInput.objects.create(job=job, role="model", model_version=told.model)
    page = page_of(submitter)
    page.goto(f"/catalog/modelversion/{told.model.pk}/change/")
    node = page.locator(".km-lineage-wide a", has_text="digits v1")
    node.focus()
    for title in ("digits overnight", "chest-dcgan v1", "wall"):
        page.keyboard.press("Tab")
        assert title in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/jobs/job/{job.pk}/change/")


def test_on_a_phone_the_lineage_stands_upright_and_nothing_runs_over(
    told: Story, submitter: User, page_of: Pages
) -> None:
    page = page_of(submitter, width=390)
    page.goto(f"/catalog/modelversion/{told.model.pk}/change/")
    assert page.is_visible(".km-lineage-tall svg")
    assert not page.is_visible(".km-lineage-wide svg")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_model_is_revoked_by_typing_its_name(told: Story, reviewer: User, page_of: Pages) -> None:
    page = page_of(reviewer)
    page.goto(f"/catalog/modelversion/{told.model.pk}/change/")
    page.get_by_text("Revoke this version …").click()
    page.fill("#comment-revoke", "it leaks")
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator("#decide .km-errors")).to_contain_text("Type the name of the model, chest-dcgan")
    expect(page.locator("#comment-revoke")).to_have_value("it leaks")
    page.fill("#typed-revoke", "chest-dcgan")
    page.get_by_role("button", name="Revoke").click()
    page.wait_for_url("**/change/")
    told.model.refresh_from_db()
    assert told.model.stage == Stage.REVOKED
