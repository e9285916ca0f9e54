"""The page of a job in a real browser: it changes while one looks; curves, samples and log obey the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from config import clock
from jobs.models import Attempt, Job, JobEvent, State
from tests.web.story import Story

Pages = Callable[..., Any]
PATIENT_MS = 15_000  # what is looked at every 5 seconds
CURVE = "Chart.getChart('job-curve')"
FID = "fid_lite0_4ab05aa2"
LAST_STEP = f"{CURVE}.data.datasets[0].data.at(-1).x"
expect = pytest.importorskip("playwright.sync_api").expect


def opened(page_of: Pages, user: User, job: Job, **said: Any) -> Any:
    page = page_of(user, **said)
    page.goto(f"/jobs/job/{job.pk}/change/")
    page.wait_for_selector("#job-curve-card:not([hidden])")
    page.evaluate("window.marker = 'the same page'")
    return page


def tells(job: Job, type_: str, **data: Any) -> None:
    JobEvent.objects.create(job=job, type=type_, at=clock.now(), data=data)


def succeeds(job: Job) -> None:
    Attempt.objects.filter(job=job).update(ended_at=clock.now(), outcome="succeeded")
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, done=job.total, finished_at=clock.now())
    tells(job, "state", state="succeeded", reason="")


def test_a_running_job_changes_before_ones_eyes_until_it_is_a_report(
    told: Story, submitter: User, page_of: Pages
) -> None:
    job, page = told.training, opened(page_of, submitter, told.training)
    with page.expect_request(lambda request: request.url.endswith("/samples/700")):
        Job.objects.filter(pk=job.pk).update(done=700, eta_s=30.0)
        tells(job, "metric", step=700, values={"generator": 1.5, "on_real": 0.2})
        tells(job, "sample", step=700, sha256="0" * 64)
        tells(job, "log", level="warning", message="a line while it runs")
    expect(page.locator("#job-progress [data-part=done]")).to_have_text("700 of 1,400 steps")
    expect(page.locator("#job-progress [data-part=left]")).to_have_text("about 30 seconds left")
    expect(page.locator("#job-log-card li").last).to_contain_text("a line while it runs")
    expect(page.locator("#job-sample-step")).to_have_text("Step 700")
    page.wait_for_function(f"{LAST_STEP} === 700")
    page.focus("#job-slider")
    succeeds(job)
    expect(page.locator("#job-live")).to_contain_text("succeeded", ignore_case=True)
    expect(page.get_by_role("link", name="Clone and edit")).to_be_visible()
    expect(page.locator("#job-attempts tbody")).to_contain_text("succeeded")
    assert page.evaluate("[window.marker, document.activeElement.id]") == ["the same page", "job-slider"]


def test_a_page_whose_stream_is_blocked_says_so_and_looks_by_itself(
    told: Story, submitter: User, page_of: Pages
) -> None:
    job, page = told.training, page_of(submitter)
    page.route(re.compile(r"/events(\?|$)"), lambda route: route.abort())
    page.goto(f"/jobs/job/{job.pk}/change/")
    expect(page.locator("#job-polls")).to_be_visible()
    page.evaluate("window.marker = 'the same page'")
    page.click("#job-ask-cancel")
    Job.objects.filter(pk=job.pk).update(done=900)
    tells(job, "metric", step=900, values={"generator": 1.5})
    tells(job, "log", level="info", message="a line without a stream")
    expect(page.locator("#job-progress [data-part=done]")).to_have_text("900 of 1,400 steps")
    expect(page.locator("#job-log-card li").last).to_contain_text("a line without a stream")
    page.wait_for_function(f"{LAST_STEP} === 900")
    expect(page.locator("#job-really-cancel")).to_be_visible()  # what was unfolded stays so
    succeeds(job)
    expect(page.get_by_role("link", name="Clone and edit")).to_be_visible()
    expect(page.locator("#job-polls")).to_be_hidden()
    assert page.evaluate("window.marker") == "the same page"


def span(page: Any) -> list[float]:
    return page.evaluate(f"[{CURVE}.scales.x.min, {CURVE}.scales.x.max]")


def test_curves_are_zoomed_by_keys_and_by_dragging_and_shown_whole_again(
    told: Story, submitter: User, page_of: Pages
) -> None:
    page = opened(page_of, submitter, told.trained)
    whole = span(page)
    page.focus("#job-curve")
    page.keyboard.press("+")
    nearer = span(page)
    page.keyboard.press("ArrowRight")
    right = span(page)
    page.keyboard.press("-")
    page.keyboard.press("0")
    again = span(page)
    box = page.locator("#job-curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
    page.mouse.up()
    dragged = span(page)
    page.click("#job-curve-card [data-part=reset]")
    assert nearer[1] - nearer[0] < (whole[1] - whole[0]) * 0.6
    assert right[0] > nearer[0]
    assert right[1] - right[0] == pytest.approx(nearer[1] - nearer[0])
    assert again == whole == span(page)
    assert whole[0] < dragged[0] < dragged[1] < whole[1]


def test_a_zoomed_curve_stays_so_when_a_point_comes_and_a_figure_of_quality_has_its_own(
    told: Story, submitter: User, page_of: Pages
) -> None:
    tells(told.training, "metric", step=600, values={FID: 120.0})
    page = opened(page_of, submitter, told.training)
    page.focus("#job-curve")
    page.keyboard.press("+")
    before = span(page)
    tells(told.training, "metric", step=640, values={"generator": 1.5, "on_real": 0.2, FID: 90.0})
    page.wait_for_function(f"{LAST_STEP} === 640")
    assert span(page) == before
    assert page.evaluate(f"{CURVE}.data.datasets.length") == 2
    drawn = page.evaluate(f"Chart.getChart('job-quality-{FID}').data.datasets[0].data")
    assert drawn == [{"x": 600, "y": 120}, {"x": 640, "y": 90}]


def test_curves_are_told_in_a_table_and_left_out_by_their_legend(told: Story, submitter: User, page_of: Pages) -> None:
    page = opened(page_of, submitter, told.trained)
    rows = page.locator("#job-curve-card table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("(Step 20)")
    button = page.get_by_role("button", name="Loss of the generator")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert page.evaluate(f"[{CURVE}.isDatasetVisible(0), {CURVE}.isDatasetVisible(1)]") == [False, True]
    page.check("#job-curve-card [data-part=log]")
    assert page.evaluate(f"{CURVE}.scales.y.type") == "logarithmic"


def test_curves_take_the_colours_of_the_dark_mode_when_it_is_switched(
    told: Story, submitter: User, page_of: Pages
) -> None:
    page = opened(page_of, submitter, told.trained)
    colour = f"{CURVE}.data.datasets[0].borderColor"
    before = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.classList.add('dark')")
    page.wait_for_function(f"{colour} !== '{before}'")


def test_sample_grids_are_gone_through_by_keys_and_played(told: Story, submitter: User, page_of: Pages) -> None:
    page = opened(page_of, submitter, told.trained)
    page.focus("#job-slider")
    page.keyboard.press("Home")
    expect(page.locator("#job-sample-step")).to_have_text("Step 200")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#job-sample-step")).to_have_text("Step 400")
    assert page.get_attribute("#job-sample", "src").endswith("/samples/400")
    page.keyboard.press("Space")
    expect(page.locator("#job-play")).to_have_text(re.compile("Pause"))
    expect(page.locator("#job-sample-step")).to_have_text("Step 600")
    page.keyboard.press("ArrowLeft")  # whoever takes the slider stops the player
    expect(page.locator("#job-play")).to_have_text(re.compile("Play"))


def test_the_log_is_filtered_and_follows_its_end_until_one_scrolls_up(
    told: Story, submitter: User, page_of: Pages
) -> None:
    job = told.training
    for number in range(120):
        level = "warning" if number % 10 == 0 else "info"
        tells(job, "log", level=level, message=f"line {number}")
    page = opened(page_of, submitter, job)
    box, follow = page.locator("#job-log-card .km-log"), page.locator("#job-log-card [data-part=follow]")
    at_end = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 24"
    assert box.evaluate(at_end)
    box.evaluate("box => { box.scrollTop = 0; }")
    expect(follow).not_to_be_checked()
    tells(job, "log", level="info", message="the newest line")
    expect(page.locator("#job-log-card li").last).to_contain_text("the newest line")
    assert box.evaluate("box => box.scrollTop") == 0
    follow.check()
    assert box.evaluate(at_end)
    page.select_option("#job-log-card [data-part=level]", "warning error")
    expect(page.locator("#job-log-card li:visible")).to_have_count(12)


def test_the_list_of_jobs_is_cards_on_a_phone_and_leads_to_a_comparison(
    told: Story, submitter: User, page_of: Pages
) -> None:
    page = page_of(submitter, width=390)
    page.goto("/jobs/job/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for job in (told.training, told.trained):
        page.check(f"input[name=_selected_action][value='{job.pk}']")
    page.click("#jobs-compare")
    page.wait_for_url("**/jobs/job/compare/?job=*")


def test_the_list_of_jobs_tells_progress_while_one_looks(told: Story, submitter: User, page_of: Pages) -> None:
    page = page_of(submitter)
    page.goto("/jobs/job/")
    page.evaluate("window.marker = 'the same page'")
    Job.objects.filter(pk=told.training.pk).update(done=1050)
    expect(page.locator(f"#job-progress-{told.training.pk}")).to_contain_text("75", timeout=PATIENT_MS)
    succeeds(told.training)
    expect(page.locator(f"#job-state-{told.training.pk}")).to_contain_text(
        "succeeded", ignore_case=True, timeout=PATIENT_MS
    )
    expect(page.locator("#jobs-look")).not_to_have_attribute("hx-trigger", re.compile(".*"), timeout=PATIENT_MS)
    assert page.evaluate("window.marker") == "the same page"
