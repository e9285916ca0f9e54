"""The way to a job: each step is an address, nothing that was chosen or typed is lost, and errors come all at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from accounts.models import Project, User
from audit.models import AuditEvent
from catalog import plugins
from catalog.models import ModelVersion, Stage, VersionState
from config import clock
from desk.words.sentences import in_language
from jobs import presence
from jobs.models import Job, State
from jobs.policies import set_policy
from jobs.window_services import create_window
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
ADD, CHECK = "/jobs/job/add/", "/jobs/job/check/"
KNOBS: dict[str, Any] = {
    "steps": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100, "unit": "steps"},
    "layers": {"type": "string", "pattern": "^[0-9]+$", "default": "12", "title": "Layers"},
    "decay": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.5, "advanced": True},
    "sharp": {"type": "boolean", "default": True},
    "how": {
        "enum": ["one", "two"], "default": "one",
        "choices": {"one": {"title": "first", "title_zh": "甲"}, "two": {"title": "second", "title_zh": "乙"}},
    },
}  # fmt: skip
PRESETS = [
    {"name": "quick", "title": "Quick look", "title_zh": "快速试看", "values": {"steps": 7}},
    {"name": "balanced", "title": "Balanced", "title_zh": "均衡", "values": {}},
]
PICTURES = builders.role("dataset_version") | {"modalities": ["image"]}
KILN = builders.plugin("family", "kiln", KNOBS, roles={"data": PICTURES}, presets=PRESETS, good_for="Quick tries.")
READER = builders.plugin("family", "reader", roles={"data": PICTURES | {"modalities": ["text"]}})
ESTIMATE = builders.plugin("kind", "estimate", queue="io", chooses_family=True, produces="estimate", roles={})


@pytest.fixture
def kiln(told: Story) -> Story:
    """A method with presets, one that learns from texts, and estimates."""
    plugins.announce("a worker", [KILN, READER, ESTIMATE])
    return told


def at(told: Story, **said: Any) -> str:
    """The address with these data and method."""
    return f"{ADD}?data={told.data.pk}&family=kiln" + "".join(f"&{name}={value}" for name, value in said.items())


def filled(**changes: Any) -> dict[str, Any]:
    """The parameters as the form sends them."""
    said = {"param_steps": "100", "param_layers": "12", "param_decay": "0.5", "param_sharp": "on", "param_how": "one"}
    return {name: value for name, value in (said | changes).items() if value is not None}


def test_each_step_is_an_address_and_the_head_leads_back(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    assert browser.get(ADD).context["step"] == "data"
    assert browser.get(f"{ADD}?data={kiln.data.pk}").context["step"] == "method"
    assert browser.get(at(kiln)).context["step"] == "parameters"
    last = browser.get(at(kiln, step="submit", filled=1, **filled(param_steps="77")))
    assert last.context["step"] == "submit"
    back = browser.get(ADD + last.context["steps"][2]["link"])
    assert back.context["form"]["param_steps"].value() == "77"


def test_the_head_says_which_step_one_is_at(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(at(kiln)).content.decode()
    assert re.search(r'<li aria-current="step">.*?Parameters', page, re.DOTALL)


def test_a_step_cannot_be_reached_before_what_it_builds_on(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    assert browser_of(submitter).get(f"{ADD}?family=kiln&step=submit").context["step"] == "data"


def test_a_card_of_data_shows_counts_and_licence_and_one_not_ready_says_why(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    pending = builders.dataset_version(project, submitter, "scans")
    type(pending).objects.filter(pk=pending.pk).update(state=VersionState.PENDING)
    cards = browser_of(submitter).get(ADD).context["cards"]
    assert [(card["dataset"].name, card["counts"], bool(card["why_not"])) for card in cards] == [
        ("scans", "", True), ("digits", "100 items", False),
    ]  # fmt: skip
    assert cards[1]["picture"].endswith("/versions/1/preview")


def test_data_that_do_not_fit_the_method_say_why(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    card = browser_of(submitter).get(f"{ADD}?family=reader").context["cards"][0]
    assert card["why_not"] == "It learns from: text. These data: image."


def test_a_card_of_a_method_shows_the_sample_of_the_newest_approved_model(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    ModelVersion.objects.filter(pk=kiln.model.pk).update(family="kiln", stage=Stage.APPROVED)
    builders.model_version(project, submitter, "newer", family="kiln")
    cards = {card["name"]: card for card in browser_of(submitter).get(f"{ADD}?data={kiln.data.pk}").context["cards"]}
    assert cards["kiln"]["model"] == kiln.model
    assert cards["kiln"]["picture"] == f"/api/v1/jobs/{kiln.trained.pk}/samples/1400"
    assert cards["dcgan"]["picture"] == ""


def test_the_typical_time_is_measured_here_or_not_said(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    now = clock.now()
    for seconds in (60, 120, 600):
        began = now - timedelta(seconds=seconds)
        builders.job(project, submitter, family="kiln", state=State.SUCCEEDED, started_at=began, finished_at=now)
    cards = {card["name"]: card for card in browser_of(submitter).get(f"{ADD}?data={kiln.data.pk}").context["cards"]}
    assert cards["kiln"]["took"] == "about 2 minutes; 60 seconds to 10 minutes (last 3 trainings here)"
    assert cards["reader"]["took"] == "not measured here yet"


def test_what_most_people_leave_stands_under_more(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    form = browser_of(submitter).get(at(kiln)).context["form"]
    assert [field.name for field in form.more_fields()] == ["param_decay"]
    assert "param_decay" not in [field.name for field in form.param_fields()]


@pytest.mark.parametrize(("language", "words"), [("en", ["first", "second"]), ("zh-hans", ["甲", "乙"])])
def test_choices_have_words_of_the_readers_language(
    language: str, words: list[str], kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    form = browser_of(submitter, language).get(at(kiln)).context["form"]
    assert [title for _, title in form.fields["param_how"].choices] == words


def test_a_preset_fills_the_form_without_any_script(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(at(kiln, preset="quick", param_layers="3"))
    assert page.context["form"]["param_steps"].value() == 7
    assert 'name="preset" value="quick" aria-pressed="true"' in page.content.decode()


def test_wrong_parameters_lead_back_to_them_with_every_error_at_once(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    said = filled(param_steps="0", param_layers="wide", param_decay="0")
    answer = browser_of(submitter).get(at(kiln, step="submit", filled=1, **said))
    assert (answer.status_code, answer.context["step"]) == (422, "parameters")
    assert set(answer.context["form"].errors) == {"param_steps", "param_layers", "param_decay"}
    assert 'value="wide"' in answer.content.decode()
    assert "^[0-9]" not in answer.content.decode()


def test_a_switch_that_was_turned_off_stays_off(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(at(kiln, step="submit", filled=1, **filled(param_sharp=None)))
    assert page.context["form"].cleaned_data["param_sharp"] is False


def test_the_whole_way_without_script_ends_in_a_job(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    address = at(kiln, step="submit", filled=1, **filled(param_steps="77"))
    page = browser.get(address).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="((?:input|param)_\w+)" value="([^"]*)"', page))
    browser.post(address, hidden | {"name": "tonight", "window": ""})
    job = Job.objects.get(name="tonight")
    assert (job.family, job.params["steps"], job.params["sharp"]) == ("kiln", 77, True)
    assert job.inputs.get().dataset_version == kiln.data


def test_the_last_step_shows_each_value_and_marks_what_differs(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    values = browser_of(submitter).get(at(kiln, step="submit", filled=1, **filled(param_steps="77"))).context["values"]
    assert [(one["title"], one["value"]) for one in values if one["differs"]] == [("Steps", "77 steps")]


def test_the_live_check_says_what_is_wrong_and_what_differs_and_stores_nothing(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    browser, query = browser_of(submitter), urlsplit(at(kiln)).query
    events, jobs = AuditEvent.objects.count(), Job.objects.count()
    page = browser.post(f"{CHECK}?{query}", filled(param_steps="0", param_decay="0.9")).content.decode()
    assert re.search(r'id="id_param_steps_error"[^>]*><p class="km-errors">Ensure', page)
    assert re.search(r'id="id_param_layers_error"[^>]*></div>', page)
    assert "Decay <strong>0.9</strong> (0.5)" in page
    assert (AuditEvent.objects.count(), Job.objects.count()) == (events, jobs)


def test_the_live_check_is_for_submitters_only(kiln: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    query = urlsplit(at(kiln)).query
    page = browser_of(people["viewer"]).post(f"{CHECK}?{query}", filled(param_steps="0")).content.decode()
    assert "Ensure" not in page


def test_a_purpose_that_a_policy_asks_for_is_said_before_submitting(
    kiln: Story, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    set_policy(project, "require_purpose", {}, actor=people["owner"])
    page = browser_of(people["submitter"]).get(at(kiln, step="submit"))
    assert page.status_code == 200
    assert "what it is for" in page.context["not_yet"][0]
    assert not page.context["form"].errors


def test_that_somebody_has_to_release_it_is_explained_before_submitting(
    kiln: Story, project: Project, people: dict[str, User], browser_of: BrowserOf
) -> None:
    set_policy(project, "require_review", {}, actor=people["owner"])
    held = browser_of(people["submitter"]).get(at(kiln, step="submit")).context["when"]["held"]
    assert held.startswith("policy require_review holds it")
    assert "other than sam" in held


def test_that_a_draft_of_somebody_else_needs_approval_is_explained_before_submitting(
    kiln: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    page = browser_of(people["owner"]).get(f"{ADD}?kind=generate&model={kiln.model.pk}")
    assert "needs approval of chest-dcgan v1 by a second person" in page.context["when"]["held"]
    with override("zh-hans"):
        assert in_language(page.context["when"]["held"]) != page.context["when"]["held"]


def test_windows_say_when_they_open_and_one_that_is_too_short_cannot_be_chosen(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    for name, until in (("nights", "06:00"), ("a moment", "22:01")):
        hours = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "22:00", "to": until}]
        create_window(project, actor=submitter, name=name, timezone="UTC", hours=hours, exceptions=[])
    page = browser_of(submitter).get(at(kiln, step="submit"))
    cards = {card["title"]: card for card in page.context["when"]["cards"]}
    assert "Nothing can begin in window a moment" in cards["a moment"]["problem"]
    assert not cards["nights"]["problem"]
    assert page.content.decode().count(' name="window"') == 3


def test_start_and_duration_are_forecast_from_trainings_here(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    presence.here("train@here", ["train.cpu"])
    now = clock.now()
    for _ in range(5):
        began = now - timedelta(seconds=600)
        builders.job(project, submitter, family="kiln", state=State.SUCCEEDED, started_at=began, finished_at=now)
    when = browser_of(submitter).get(at(kiln, step="submit")).context["when"]
    assert when["takes"].startswith("10 minutes, nine times of ten at most")
    assert any(line.startswith("Ends about") for line in when["cards"][0]["says"])


def test_without_a_worker_the_last_step_says_so_and_takes_the_job_all_the_same(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get(at(kiln, step="submit")).content.decode()
    assert "No worker listens that could estimate it." in page
    assert 'id="job-submit"' in page


def test_an_estimate_of_the_same_training_is_shown_again(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    presence.here("io@here", ["io"])
    browser, address = browser_of(submitter), at(kiln, step="submit", filled=1, **filled())
    fresh = browser.get(address)
    assert 'hx-trigger="load"' in fresh.content.decode()
    sent = filled() | {"input_data": str(kiln.data.pk), "estimate": "1"}
    answer = browser.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    job = Job.objects.get(kind="estimate")
    assert answer.lstrip().startswith("<section")
    assert f"/jobs/job/{job.pk}/estimate/" in answer
    assert browser.get(address).context["estimate"]["job"] == job
    assert browser.get(at(kiln, step="submit", filled=1, **filled(param_steps="9"))).context["estimate"] is None


def test_a_clone_begins_with_every_value_and_its_data(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    params = {"steps": 55, "layers": "4", "decay": 0.25, "sharp": False, "how": "two"}
    Job.objects.filter(pk=kiln.trained.pk).update(family="kiln", params=params)
    browser = browser_of(submitter)
    page = browser.get(f"{ADD}?clone={kiln.trained.pk}")
    assert page.context["step"] == "parameters"
    assert {name: page.context["form"][f"param_{name}"].value() for name in params} == params
    last = browser.get(f"{ADD}?clone={kiln.trained.pk}&step=submit")
    assert last.context["form"]["purpose"].value() == "Trying the kiln"
    assert last.context["form"].cleaned_data["param_sharp"] is False


def test_a_clone_says_what_cannot_be_taken_over_beside_its_field(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    params = {"steps": 5000, "layers": "4", "heat": 3}
    Job.objects.filter(pk=kiln.trained.pk).update(family="kiln", params=params, schema_digest="another")
    page = browser_of(submitter).get(f"{ADD}?clone={kiln.trained.pk}")
    assert page.context["beside"]["param_steps"] == "It was 5,000 steps; kiln does not take that any more."
    assert page.context["beside"]["param_decay"] == "New since that job: it begins with the default."
    assert page.context["notes"] == ("Heat (3) is no parameter any more.",)
    assert "It was 5,000 steps" in page.content.decode()


def test_a_clone_whose_data_were_erased_begins_with_the_choice_of_data(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    type(kiln.data).objects.filter(pk=kiln.data.pk).update(state=VersionState.ERASED)
    page = browser_of(submitter).get(f"{ADD}?clone={kiln.trained.pk}")
    assert page.context["step"] == "data"
    assert "digits v1 is erased: choose other data." in page.content.decode()


def test_a_generation_is_cloned_with_its_sweep(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    job = kiln.made[0].job
    page = browser_of(submitter).get(f"{ADD}?clone={job.pk}")
    assert (page.context["step"], page.context["kind"].name) == ("submit", "generate")
    assert page.context["form"]["param_count"].value() == 70


def test_a_revoked_model_is_said_and_another_one_chosen(kiln: Story, submitter: User, browser_of: BrowserOf) -> None:
    job = kiln.made[0].job
    ModelVersion.objects.filter(pk=job.inputs.get().model_version_id).update(stage=Stage.REVOKED)
    page = browser_of(submitter).get(f"{ADD}?clone={job.pk}")
    assert page.context["step"] == "model"
    assert "digits-dcgan v1 is revoked: choose another model." in page.content.decode()


def test_a_job_of_others_cannot_be_cloned(kiln: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    page = browser_of(people["stranger"]).get(f"{ADD}?clone={kiln.trained.pk}")
    assert "Trying the kiln" not in page.content.decode()
    assert "the form begins empty" in page.content.decode()


def test_another_method_has_other_parameters_and_keeps_the_data(
    kiln: Story, submitter: User, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get(at(kiln, step="method", param_steps="9"))
    links = {card["name"]: parse_qs(urlsplit(card["link"]).query) for card in page.context["cards"]}
    assert links["dcgan"] == {"data": [str(kiln.data.pk)], "family": ["dcgan"]}
    assert links["kiln"]["param_steps"] == ["9"]


def test_cards_of_many_data_sets_cost_no_more_queries_each(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    browser.get(ADD)
    with CaptureQueriesContext(connection) as few:
        browser.get(ADD)
    for number in range(30):
        builders.dataset_version(project, submitter, f"set {number}")
    with CaptureQueriesContext(connection) as many:
        page = browser.get(ADD)
    assert len(many) == len(few)
    assert (len(page.context["cards"]), page.context["more"]) == (24, 2)
    assert len(browser.get(f"{ADD}?q=set+7").context["cards"]) == 1


def test_an_evaluation_is_cloned_with_its_metrics(
    kiln: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    words = {"type": "array", "items": {"type": "string"}, "default": []}
    roles = {"model": builders.role("model_version"), "data": builders.role("dataset_version") | {"required": False}}
    count = {"type": "integer", "minimum": 10, "default": 1000}
    row = builders.plugin(
        "kind", "evaluate", {"count": count, "metrics": words}, queue="generate", chooses_family=False,
        produces="figures", roles=roles,
    )  # fmt: skip
    plugins.announce("another worker", [row])
    job = builders.job(project, submitter, "evaluate", params={"count": 50, "metrics": ["a", "b"]})
    job.inputs.create(role="model", model_version=kiln.model)
    job.inputs.create(role="data", dataset_version=kiln.data)
    browser, address = browser_of(submitter), f"{ADD}?clone={job.pk}"
    page = browser.get(address)
    assert page.context["form"]["param_metrics"].value() == "a, b"
    assert page.context["form"]["input_data"].value() == str(kiln.data.pk)
    said = {"input_model": str(kiln.model.pk), "param_count": "60", "param_metrics": "a, c", "name": "again"}
    browser.post(address, said)
    assert Job.objects.get(name="again").params == {"count": 60, "metrics": ["a", "c"]}


def test_a_word_that_is_too_long_for_a_policy_is_said_in_words(
    people: dict[str, User], project: Project, browser_of: BrowserOf
) -> None:
    address = f"/audit/projectpolicy/{project.pk}/licence_forbids/set/"
    answer = browser_of(people["owner"]).post(address, {"words": "x" * 101})
    assert answer.status_code == 422
    assert "at most 100 characters" in " ".join(answer.context["form"].errors["words"])
