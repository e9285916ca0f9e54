"""The page of a job: live parts, the report at its end, what it used, its log; and the list of jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from config import clock
from desk.job.amounts import duration
from desk.job.page import title
from jobs.models import Attempt, Job, JobEvent, State
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
USED = {"cpu_s": 741.0, "wall_s": 400.0, "peak_memory_bytes": 3 * 1024**2, "device": "cpu"}


def page_of(browser: Client, job: Job, part: str = "change/") -> str:
    answer = browser.get(f"/jobs/job/{job.pk}/{part}")
    assert answer.status_code == 200
    return answer.content.decode()


def ended(job: Job) -> None:
    at = job.started_at + timedelta(seconds=90)
    Attempt.objects.filter(job=job).update(used=USED, outcome="succeeded", ended_at=at, device_s=400.0)
    Job.objects.filter(pk=job.pk).update(finished_at=at)


def test_the_live_part_of_an_ended_job_is_its_report_and_not_the_whole_page_anew(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get(f"/jobs/job/{told.trained.pk}/live/")
    assert "HX-Refresh" not in answer
    said = answer.content.decode()
    assert "Loss of the generator" in said
    assert 'id="job-outcome" hx-swap-oob="true"' in said
    assert "<html" not in said


def test_the_line_of_a_data_set_that_was_read_still_asks_for_the_whole_page(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    assert browser_of(submitter).get(f"/jobs/job/{told.trained.pk}/live/?short")["HX-Refresh"] == "true"


def test_an_ended_training_says_what_was_made_of_what_and_its_figures(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    Job.objects.filter(pk=told.trained.pk).update(result={"samples_per_s": 812.4})
    ended(told.trained)
    said = page_of(browser_of(submitter), told.trained).replace("\N{NO-BREAK SPACE}", " ")
    for words in (f"{told.data} → {told.model}", "1,400 <span", "812.4 items/s", "1 min 30 s", "0.512"):
        assert words in said, words


def test_what_comes_next_leads_to_forms_that_know_the_model(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    said = page_of(browser_of(submitter), told.trained)
    for link in (
        f"kind=generate&amp;model={told.model.pk}",
        f"compare/?job={told.trained.pk}",
        f"clone={told.trained.pk}",
    ):
        assert link in said, link


def test_a_viewer_is_offered_only_to_compare(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    said = page_of(browser_of(people["viewer"]), told.trained)
    assert f"compare/?job={told.trained.pk}" in said
    assert f"clone={told.trained.pk}" not in said


def test_attempts_say_who_had_it_how_it_ended_and_what_it_used(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    ended(told.trained)
    said = page_of(browser_of(submitter), told.trained).replace("\N{NO-BREAK SPACE}", " ")
    for words in ("cpu-1", "succeeded", "12 min 21 s", "3.0 MB", "6 min 40 s"):
        assert words in said, words


def test_a_running_attempt_shows_what_its_last_beat_said(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    Job.objects.filter(pk=told.training.pk).update(used=USED, token=1)
    said = page_of(browser_of(submitter), told.training).replace("\N{NO-BREAK SPACE}", " ")
    assert "12 min 21 s" in said


def test_how_it_ran_is_said_in_words_in_both_languages(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    facts = {"device": "cuda:1", "precision": "bf16", "why": "auto, by the GPU's capability", "micro_batch": 1024}
    Job.objects.filter(pk=told.trained.pk).update(facts=facts)
    english = page_of(browser_of(submitter), told.trained)
    for words in ("GPU 1", "16 bit where it is safe (bf16)", "by what the GPU can do", "1,024 items"):
        assert words in english, words
    assert "由 GPU 的能力决定" in page_of(browser_of(submitter, "zh-hans"), told.trained)


def test_a_batch_of_one_is_one_item(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    Job.objects.filter(pk=told.trained.pk).update(facts={"micro_batch": 1})
    said = page_of(browser_of(submitter), told.trained)
    assert "1 item<" in said
    assert "1 items" not in said


def test_names_that_the_platform_gave_are_in_the_readers_language(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    said = page_of(browser_of(submitter, "zh-hans"), told.failed)
    assert "导入 xrays v1" in said
    assert "ingest xrays" not in said


def test_a_name_that_a_person_gave_is_left_as_it_is(project: Project, submitter: User) -> None:
    assert title(builders.job(project, submitter, "train", name="verify my idea")) == "verify my idea"


def test_cancelling_is_asked_back_without_a_script(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    said = page_of(browser_of(submitter), told.training)
    assert '<details class="km-sure" id="job-cancel">' in said
    assert "End it?" in said


def test_later_log_lines_come_alone_and_in_the_readers_language(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    last = told.training.events.latest("pk").pk
    for message in ("goes on from step 40", "exporting"):
        JobEvent.objects.create(
            job=told.training, type="log", at=clock.now(), data={"level": "info", "message": message}
        )
    said = page_of(browser_of(submitter, "zh-hans"), told.training, f"log/?after={last}")
    assert said.count("<li ") == 2
    assert "40" in said
    assert "goes on" not in said


@pytest.mark.parametrize("after", ["", "x", "-1", "1" * 40])
def test_an_odd_place_in_the_log_is_answered(after: str, submitter: User, told: Story, browser_of: BrowserOf) -> None:
    assert browser_of(submitter).get(f"/jobs/job/{told.training.pk}/log/?after={after}").status_code == 200


def test_the_log_is_taken_away_as_a_text(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get(f"/jobs/job/{told.training.pk}/log.txt")
    assert "attachment" in answer["Content-Disposition"]
    assert "4,500 items, 32 px, grey" in b"".join(answer).decode()


def test_a_stranger_reads_no_log(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(people["stranger"])
    for part in ("log/", "log.txt", "live/"):
        assert browser.get(f"/jobs/job/{told.training.pk}/{part}").status_code == 404


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2.44, "2.4 s"),
        (31.2, "31 s"),
        (252, "4 min 12 s"),
        (3900, "1 h 05 min"),
        (97_200, "1 d 3 h"),
        (59.7, "1 min 0 s"),
    ],
)
def test_a_time_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_list_shows_pictures_methods_and_what_is_left(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    said = browser_of(submitter).get("/jobs/job/").content.decode()
    for words in (f"/api/v1/jobs/{told.training.pk}/samples/600", "about 74 seconds left", "this kind of file"):
        assert words in said, words


def test_the_list_looks_again_only_while_something_moves(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    assert 'hx-trigger="every 5s"' in browser.get("/jobs/job/").content.decode()
    Job.objects.update(state=State.SUCCEEDED)
    assert 'hx-trigger="every 5s"' not in browser.get("/jobs/job/").content.decode()


def test_what_moves_is_told_for_the_jobs_that_are_asked_for(
    people: dict[str, User], told: Story, browser_of: BrowserOf
) -> None:
    address = f"/jobs/job/moving/?job={told.training.pk}&job=nonsense"
    said = browser_of(people["viewer"]).get(address).content.decode()
    assert f'id="job-progress-{told.training.pk}" hx-swap-oob="true"' in said
    assert str(told.training.pk) not in browser_of(people["stranger"]).get(address).content.decode()


def test_the_list_with_pictures_costs_the_same_with_more_rows(
    submitter: User, project: Project, told: Story, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    costs = []
    for _ in range(2):
        for number in range(8):
            job = builders.job(project, submitter, family="dcgan", state=State.RUNNING, result={"sheet_sha256": "a"})
            JobEvent.objects.create(job=job, type="sample", at=clock.now(), data={"step": number, "sha256": "a"})
        with CaptureQueriesContext(connection) as queries:
            browser.get("/jobs/job/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?kind=ingest", "failed"),
        ("?family=dcgan&state__exact=running", "training"),
        ("?by=sam&kind=verify", "asked"),
    ],
)
def test_the_list_is_narrowed(query: str, shown: str, submitter: User, told: Story, browser_of: BrowserOf) -> None:
    rows = browser_of(submitter).get(f"/jobs/job/{query}").context["cl"].lines
    assert [row["job"] for row in rows] == [getattr(told, shown)]


def test_a_project_that_an_address_makes_up_shows_nothing(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    builders.project("second", submitter=submitter)
    assert browser_of(submitter).get("/jobs/job/?in=nonsense").context["cl"].lines == []


def chosen(browser: Client, *jobs: Job) -> str:
    ids = [str(job.pk) for job in jobs]
    answer = browser.post("/jobs/job/", {"action": ["", "compare"], "index": "1", "_selected_action": ids}, follow=True)
    return answer.redirect_chain[-1][0] + answer.content.decode()


def test_two_trainings_of_the_list_lead_to_their_comparison(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    said = chosen(browser_of(submitter), told.training, told.trained)
    assert said.startswith("/jobs/job/compare/?job=")
    assert str(told.training.pk) in said


def test_one_training_alone_is_not_compared(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    assert "Choose 2 to 6 trainings to compare." in chosen(browser_of(submitter), told.training)


def test_what_is_no_training_is_named_when_it_was_chosen_to_compare(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    said = chosen(browser_of(submitter), told.training, told.failed)
    assert "Only trainings are compared; not one: ingest xrays v1." in said


def test_a_sheet_of_which_something_was_withdrawn_is_no_thumbnail(
    submitter: User, reviewer: User, told: Story, browser_of: BrowserOf
) -> None:
    from lineage.flags import decide_artifact

    job = told.made[0].job
    Job.objects.filter(pk=job.pk).update(result={"sheet_sha256": "a" * 64})
    assert f"/api/v1/jobs/{job.pk}/sheet" in browser_of(submitter).get("/jobs/job/").content.decode()
    decide_artifact(told.made[0], "withdraw", actor=reviewer, comment="a face in it")
    assert f"/api/v1/jobs/{job.pk}/sheet" not in browser_of(submitter).get("/jobs/job/").content.decode()
