"""Windows and recurring jobs in the admin: made, shown, corrected, changed and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from jobs.models import Job, Schedule, Window
from jobs.schedules import create_schedule
from jobs.window_services import create_window
from tests.web.story import Story

pytestmark = pytest.mark.django_db
HOURS = [{"days": ["mon", "tue"], "from": "22:00", "to": "06:00"}]
DAY = {"date": "2026-12-24", "hours": [], "note": "holy evening"}


@pytest.fixture
def night(project: Project, submitter: User) -> Window:
    """Monday's and Tuesday's nights."""
    said = {"name": "night", "timezone": "Europe/Berlin", "hours": HOURS, "exceptions": [DAY]}
    return create_window(project, actor=submitter, **said)


@pytest.fixture
def weekly(project: Project, submitter: User, told: Story) -> Schedule:
    """Trains on the newest digits."""
    body = {"kind": "train", "family": "dcgan", "dataset_version": f"latest:{told.data.dataset_id}"}
    when = {"timezone": "Europe/Berlin", "days": ["sun"], "at": "02:00"}
    return create_schedule(project, actor=submitter, name="retrain", body=body, **when)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_answer_members_in_both_languages_and_nobody_else(
    language: str, people: dict[str, User], night: Window, weekly: Schedule, browser_of: Any
) -> None:
    pages = [f"/jobs/window/{night.pk}/change/", f"/jobs/schedule/{weekly.pk}/change/"]
    forms = [f"/jobs/window/{night.pk}/edit/", f"/jobs/schedule/{weekly.pk}/edit/", "/jobs/window/add/"]
    for role in ("viewer", "owner"):
        browser = browser_of(people[role], language)
        assert [browser.get(page).status_code for page in pages] == [200, 200]
    assert [browser.get(page).status_code for page in forms] == [200, 200, 200]
    stranger = browser_of(people["stranger"], language)
    assert [stranger.get(page).status_code for page in (*pages, *forms[:2])] == [404] * 4


def test_a_night_is_drawn_on_the_evening_and_on_the_morning_after(
    submitter: User, night: Window, browser_of: Any
) -> None:
    days = browser_of(submitter).get(f"/jobs/window/{night.pk}/change/").context["days"]
    drawn = [[(bar["left"], bar["width"]) for bar in day["bars"]] for day in days]
    assert drawn == [[(91.67, 8.33)], [(0.0, 25.0), (91.67, 8.33)], [(0.0, 25.0)], [], [], [], []]


def test_a_window_is_made_in_a_form_and_corrected_first(project: Project, submitter: User, browser_of: Any) -> None:
    browser = browser_of(submitter)
    said = {
        "project": str(project.pk),
        "name": "night",
        "timezone": "Europe/Berlin",
        "mon": "22:00-06:00",
        "tue": "5-7",
    }
    refused = browser.post("/jobs/window/add/", said)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["tue"])
    said |= {"tue": "22:00-06:00, 12:00-13:00", "exceptions": "2026-12-24 closed\n2026-12-26 08:00-20:00 long day"}
    assert browser.post("/jobs/window/add/", said).status_code == 302
    window = Window.objects.get()
    assert window.hours == [*HOURS, {"days": ["tue"], "from": "12:00", "to": "13:00"}]
    assert [row.note for row in window.exceptions.all()] == ["", "long day"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mon": "", "tue": ""}, "every"),
        ({"wed": "22:00"}, "wed"),
        ({"wed": "22:00-22:00"}, "wed"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"exceptions": "tomorrow"}, "exceptions"),
        ({"exceptions": "2026-12-24 closed\n2026-12-24 closed"}, "exceptions"),
    ],
)
def test_a_fault_stands_beside_its_field_and_in_chinese(
    submitter: User, night: Window, browser_of: Any, change: dict[str, str], field: str
) -> None:
    browser = browser_of(submitter, "zh-hans")
    page = browser.get(f"/jobs/window/{night.pk}/edit/")
    said = {name: page.context["form"].initial.get(name, "") for name in page.context["form"].fields}
    refused = browser.post(f"/jobs/window/{night.pk}/edit/", said | change)
    (errors,) = refused.context["form"].errors.items()
    assert (refused.status_code, errors[0]) == (422, field)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in errors[1][0])


def test_the_form_of_a_window_says_what_there_is(submitter: User, night: Window, browser_of: Any) -> None:
    browser = browser_of(submitter)
    form = browser.get(f"/jobs/window/{night.pk}/edit/").context["form"]
    said = {name: form.initial.get(name, "") for name in form.fields}
    assert browser.post(f"/jobs/window/{night.pk}/edit/", said).status_code == 302
    same = Window.objects.get()
    assert (same.hours, [row.note for row in same.exceptions.all()]) == (HOURS, ["holy evening"])


def test_a_viewer_changes_nothing(people: dict[str, User], night: Window, weekly: Schedule, browser_of: Any) -> None:
    browser = browser_of(people["viewer"])
    browser.post(f"/jobs/window/{night.pk}/remove/")
    browser.post(f"/jobs/schedule/{weekly.pk}/ask/remove/")
    assert (Window.objects.count(), Schedule.objects.count()) == (1, 1)
    assert browser.get("/jobs/window/add/").status_code == 403


def test_a_window_with_a_waiting_job_is_not_taken_away(
    project: Project, submitter: User, told: Story, night: Window, browser_of: Any
) -> None:
    browser = browser_of(submitter)
    said = {"input_data": str(told.data.pk), "param_steps": "5", "param_learning_rate": "0.01", "window": str(night.pk)}
    assert browser.post("/jobs/job/add/?family=dcgan", said).status_code == 302
    job = Job.objects.get(window=night)
    page = browser.get(f"/jobs/job/{job.pk}/change/").content.decode()
    assert f"/jobs/window/{night.pk}/change/" in page
    answer = browser.post(f"/jobs/window/{night.pk}/remove/", follow=True).content.decode()
    assert "Jobs that have not ended are bound to this window" in answer
    Job.objects.filter(pk=job.pk).update(state="cancelled")
    browser.post(f"/jobs/window/{night.pk}/remove/")
    assert not Window.objects.exists()


def test_what_was_doubtful_stands_on_the_page_of_the_job(submitter: User, told: Story, browser_of: Any) -> None:
    warning = {
        "code": "late_checkpoint",
        "detail": "The first checkpoint (step 9) is expected after 2 h; the longest opening of window night is 60 min: "
        "lower checkpoint_every, or take a longer window.",
    }
    Job.objects.filter(pk=told.training.pk).update(forecast={"warnings": [warning]})
    path = f"/jobs/job/{told.training.pk}/change/"
    assert "expected after 2 h" in browser_of(submitter).get(path).content.decode()
    assert "窗口 night 最长开放 60 min" in browser_of(submitter, "zh-hans").get(path).content.decode()


def test_a_job_is_repeated_on_the_newest_data_with_a_seed_of_its_own(
    project: Project, submitter: User, told: Story, browser_of: Any
) -> None:
    browser = browser_of(submitter)
    assert (
        f"/jobs/schedule/add/?job={told.trained.pk}"
        in browser.get(f"/jobs/job/{told.trained.pk}/change/").content.decode()
    )
    form = browser.get(f"/jobs/schedule/add/?job={told.trained.pk}").context["form"]
    body = json.loads(form.initial["body"])
    assert body["inputs"] == {"data": f"latest:{told.data.dataset_id}"}
    assert "seed" not in body
    said = {"project": form.initial["project"], "name": "again", "days": ["sun"], "at": "02:00", "timezone": "UTC"}
    body["params"] = {"steps": 5}
    refused = browser.post("/jobs/schedule/add/", said | {"body": "{"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["body"])
    assert browser.post("/jobs/schedule/add/", said | {"body": json.dumps(body)}).status_code == 302
    assert Schedule.objects.get().submitted_by == submitter


def test_a_recurring_job_is_run_let_rest_changed_and_taken_away(
    submitter: User, weekly: Schedule, browser_of: Any
) -> None:
    browser, path = browser_of(submitter), f"/jobs/schedule/{weekly.pk}"
    answer = browser.post(f"{path}/ask/run/")
    assert answer["Location"] == f"/jobs/job/{Job.objects.get(schedule=weekly).pk}/change/"
    browser.post(f"{path}/ask/pause/")
    assert not Schedule.objects.get().active
    browser.post(f"{path}/ask/resume/")
    assert Schedule.objects.get().active
    form = browser.get(f"{path}/edit/").context["form"]
    assert browser.post(f"{path}/edit/", form.initial | {"at": "03:00"}).status_code == 302
    assert Schedule.objects.get().at == "03:00"
    browser.post(f"{path}/ask/remove/")
    assert not Schedule.objects.exists()


def test_the_next_time_is_told_in_the_zone_of_the_recurring_job(
    submitter: User, weekly: Schedule, browser_of: Any
) -> None:
    page = browser_of(submitter).get(f"/jobs/schedule/{weekly.pk}/change/")
    assert page.context["due"].endswith(" 02:00 Europe/Berlin")


def test_why_it_was_refused_stands_on_its_page(submitter: User, weekly: Schedule, browser_of: Any) -> None:
    error = {"code": "dataset_not_ready", "detail": "The data set 'digits' has no ready version."}
    Schedule.objects.update(last_error=error)
    client: Client = browser_of(submitter, "zh-hans")
    assert "数据集 digits 没有就绪的版本。" in client.get(f"/jobs/schedule/{weekly.pk}/change/").content.decode()
