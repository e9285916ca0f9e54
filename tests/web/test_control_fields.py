"""The form of a generate job follows from the chosen model, and what it sends is what REST would send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from catalog.models import ModelVersion
from desk.job.control_fields import as_said, words
from jobs.models import Job, JobEvent, State
from tests import builders
from tests.jobs import sampling

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
PAGE = "/jobs/job/add/?kind=generate"


@pytest.fixture
def writer(project: Project, submitter: User) -> ModelVersion:
    """A model of texts."""
    sampling.announce()
    return sampling.model(project, submitter, "lstm", sampling.TEXT)


@pytest.fixture
def painter(writer: ModelVersion, project: Project, submitter: User) -> ModelVersion:
    """A newer model, of pictures with classes."""
    return sampling.model(project, submitter, "cgan", sampling.PICTURES)


@pytest.fixture
def sent(submitter: User, browser_of: BrowserOf) -> Callable[..., Any]:
    """`sent(model, field=...)`: the answer to the filled form."""

    def send(model: ModelVersion, **said: str) -> Any:
        form = {"input_model": str(model.pk), "param_count": "2", "name": "tried"} | said
        return browser_of(submitter).post(f"{PAGE}&model={model.pk}", form)

    return send


def test_the_form_shows_the_controls_of_the_chosen_model(
    writer: ModelVersion, painter: ModelVersion, submitter: User, browser_of: BrowserOf
) -> None:
    texts = browser_of(submitter).get(f"{PAGE}&model={writer.pk}").content.decode()
    pictures = browser_of(submitter).get(f"{PAGE}&model={painter.pk}").content.decode()
    assert '<textarea name="param_prompt"' in texts
    assert 'name="path_seeds"' not in texts
    assert '<select name="param_condition"' in pictures
    assert '<option value="vase">vase</option>' in pictures
    assert 'name="path_seeds"' in pictures


def test_a_path_and_further_models_fold_away_until_they_are_used(
    painter: ModelVersion, sent: Callable[..., Any], submitter: User, browser_of: BrowserOf
) -> None:
    folded = [f'<details class="km-fold" id="{name}"' for name in ("more-path", "more-models")]
    place = f"{PAGE}&model={painter.pk}"

    def opened(page: str) -> list[bool]:
        assert [page.count(one) for one in folded] == [1, 1]
        return [one + " open>" in page for one in folded]

    assert opened(browser_of(submitter).get(place).content.decode()) == [False, False]
    assert opened(browser_of(submitter).get(f"{place}&path_seeds=1,2").content.decode()) == [True, False]
    assert opened(sent(painter, param_weights="1, many").content.decode()) == [False, True]


def test_without_a_choice_the_models_are_offered_newest_first(
    writer: ModelVersion, painter: ModelVersion, submitter: User, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get(PAGE)
    assert [card["version"] for card in page.context["cards"]] == [painter, writer]
    assert f'href="?kind=generate&amp;model={painter.pk}"' in page.content.decode()


def test_further_models_are_those_that_make_the_same_kind_of_thing(
    writer: ModelVersion, painter: ModelVersion, submitter: User, browser_of: BrowserOf
) -> None:
    form = browser_of(submitter).get(f"{PAGE}&model={painter.pk}").context["form"]
    assert [value for value, _ in form.fields["input_model_2"].choices] == ["", str(painter.pk)]


def test_controls_are_sent_as_they_were_chosen(writer: ModelVersion, sent: Callable[..., Any]) -> None:
    sent(writer, param_temperature="0.7", param_prompt="ab", param_length="9")
    job = Job.objects.get(name="tried")
    assert {name: job.params[name] for name in ("temperature", "length")} == {"temperature": 0.7, "length": 9}


def test_a_prompt_keeps_its_last_line_break(writer: ModelVersion, sent: Callable[..., Any]) -> None:
    sent(writer, param_prompt="ab\r\n")
    assert Job.objects.get(name="tried").params["prompt"] == "ab\r\n"


def test_a_sweep_takes_numbers_with_commas(writer: ModelVersion, sent: Callable[..., Any]) -> None:
    sent(writer, sweep_control="temperature", sweep_values="0.5, 1,1.5")
    assert Job.objects.get(name="tried").params["sweep"] == {"temperature": [0.5, 1.0, 1.5]}


def test_seeds_of_a_path_and_weights_of_models_are_sent(painter: ModelVersion, sent: Callable[..., Any]) -> None:
    sent(painter, path_seeds="1, 2", input_model_2=str(painter.pk), param_weights="3, 1")
    params = Job.objects.get(name="tried").params
    assert (params["interpolate"], params["weights"]) == (["1", "2"], [3, 1])


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"param_prompt": "axb"}, "param_prompt", "characters that the data do not have"),
        ({"param_temperature": "99"}, "param_temperature", "10"),
        ({"sweep_control": "temperature", "sweep_values": "0.5, hot"}, "sweep_values", "hot"),
        ({"sweep_control": "temperature", "sweep_values": "0.5"}, "sweep_values", "2 to 64"),
        ({"sweep_control": "temperature"}, "sweep_values", "2 to 64"),
        ({"sweep_values": "0.5, 1"}, "sweep_control", "Choose what"),
        ({"param_weights": "1, 2"}, "param_weights", "one weight"),
        ({"param_weights": "1, many"}, "param_weights", "Weights are numbers with commas between them"),
    ],
)
def test_what_is_refused_stands_beside_its_field(
    said: dict[str, str], field: str, sentence: str, writer: ModelVersion, sent: Callable[..., Any]
) -> None:
    answer = sent(writer, **said)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])


def test_a_family_that_no_worker_offers_is_said_beside_the_model(
    writer: ModelVersion, project: Project, submitter: User, sent: Callable[..., Any]
) -> None:
    gone = sampling.model(project, submitter, "diffusion", sampling.PICTURES)
    page = sent(gone).content.decode()
    assert "No worker offers a family called &#x27;diffusion&#x27;." in page


def test_the_sentence_about_characters_is_said_in_chinese(
    writer: ModelVersion, submitter: User, browser_of: BrowserOf
) -> None:
    said = {"input_model": str(writer.pk), "param_count": "2", "param_prompt": "x"}
    answer = browser_of(submitter, "zh-hans").post(PAGE, said)
    assert "数据中没有" in answer.context["form"].errors["param_prompt"][0]


def test_parents_to_choose_from_are_of_the_chosen_family(
    writer: ModelVersion, painter: ModelVersion, submitter: User, browser_of: BrowserOf
) -> None:
    form = browser_of(submitter).get(f"/jobs/job/add/?family=lstm&data={writer.dataset_version_id}").context["form"]
    assert [value for value, _ in form.fields["input_parent"].choices] == ["", str(writer.pk)]


def test_parameters_left_as_they_stood_are_taken_from_the_parent(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    sampling.announce()
    job = builders.job(project, submitter, family="lstm", state=State.SUCCEEDED, params={"steps": 3, "width": 99})
    parent = sampling.model(project, submitter, "lstm", sampling.TEXT, job=job)
    said = {"input_data": str(parent.dataset_version_id), "input_parent": str(parent.pk), "name": "further"}
    said |= {"param_steps": "100", "param_width": "8"}
    browser_of(submitter).post("/jobs/job/add/?family=lstm", said)
    assert Job.objects.get(name="further").params == {"steps": 100, "width": 99}


def test_growing_texts_are_shown_as_text_while_the_job_runs(
    writer: ModelVersion, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    job = builders.job(project, submitter, "generate", state=State.RUNNING)
    for at, text in ((0, "<b>on"), (5, "ce")):
        pieces = [{"index": 3, "at": at, "text": text}]
        JobEvent.objects.create(job=job, type="partial", at=job.created_at, data={"pieces": pieces})
    page = browser_of(submitter).get(f"/jobs/job/{job.pk}/live/").content.decode()
    assert "&lt;b&gt;once" in page
    assert "AI-generated" in page


def test_a_text_that_begins_anew_takes_the_place_of_the_earlier_one(
    writer: ModelVersion, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    job = builders.job(project, submitter, "generate", state=State.RUNNING)
    for text in ("first attempt", "second"):
        pieces = [{"index": 0, "at": 0, "text": text}]
        JobEvent.objects.create(job=job, type="partial", at=job.created_at, data={"pieces": pieces})
    answer = browser_of(submitter).get(f"/jobs/job/{job.pk}/live/")
    assert answer.context["texts"] == [(0, "second")]


def test_words_stand_between_commas_or_on_lines() -> None:
    assert words("1, 2，3,") == ["1", "2", "3"]
    assert words("yes, my lord\n no") == ["yes, my lord", "no"]


def test_a_word_is_read_as_its_control_is_kept() -> None:
    assert [as_said("3", "integer"), as_said("true", "boolean"), as_said("x", "number"), as_said("1", "string")] == [
        3, True, "x", "1",
    ]  # fmt: skip
