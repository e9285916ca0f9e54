"""From one page to the next: what a page offers fits what one came from, and can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from accounts.models import User
from catalog import plugins
from catalog.models import Dataset, ModelVersion
from desk.job.page import title, written
from desk.words.sentences import sentence
from jobs.models import Job
from models_store.errors import InvalidInput
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
READS_TEXT = builders.role("dataset_version") | {"modalities": ["text"]}
WRITER = builders.plugin(
    "family", "writer", roles={"data": READS_TEXT, "parent": builders.role("model_version") | {"required": False}}
)
PAINTER = builders.plugin("family", "painter", roles={"data": READS_TEXT | {"modalities": ["image"]}})
EVALUATE = builders.plugin(
    "kind", "evaluate", chooses_family=False, produces="figures", roles={"model": builders.role("model_version")}
)


@pytest.fixture
def texts(told: Story) -> Story:
    """The same data as if they were texts, and a method that learns from texts."""
    plugins.announce("a worker", [WRITER, PAINTER, EVALUATE])
    Dataset.objects.filter(pk=told.data.dataset_id).update(modality="text")
    return told


def form_of(browser: Client, address: str) -> dict[str, Any]:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.context


def test_the_form_that_data_lead_to_offers_methods_that_learn_from_them(texts, submitter, browser_of: BrowserOf):
    page = form_of(browser_of(submitter), f"/jobs/job/add/?data={texts.data.pk}")
    fitting = {card["name"]: not card["unfit"] for card in page["cards"]}
    assert fitting["writer"]
    assert not fitting["painter"]
    assert page["cards"][-1]["name"] == "painter"


def test_another_method_is_chosen_without_losing_the_data(told, submitter, browser_of: BrowserOf):
    browser, address = browser_of(submitter), f"/jobs/job/add/?data={told.data.pk}"
    page = form_of(browser, address)
    links = [f'href="?data={told.data.pk}&amp;family={card["name"]}"' for card in page["cards"]]
    assert all(link in browser.get(address).content.decode() for link in links)


@pytest.mark.parametrize("said", ["", "not-an-id", "01a20205-bdc5-7df6-98e6-96a65837e887"])
def test_where_data_are_not_there_one_chooses_from_those_that_are(texts, submitter, said, browser_of: BrowserOf):
    page = form_of(browser_of(submitter), f"/jobs/job/add/?data={said}")
    assert [card["version"] for card in page["cards"]] == [texts.data]


def test_data_of_others_are_not_told_apart_from_none(texts, people: dict[str, User], browser_of: BrowserOf):
    page = form_of(browser_of(people["stranger"]), f"/jobs/job/add/?data={texts.data.pk}")
    assert (page["step"], page["cards"]) == ("data", [])


def test_a_model_leads_to_its_evaluation_and_to_a_training_from_it(texts, submitter, browser_of: BrowserOf):
    ModelVersion.objects.filter(pk=texts.model.pk).update(family="writer")
    browser = browser_of(submitter)
    shown = browser.get(f"/catalog/modelversion/{texts.model.pk}/change/").content.decode()
    assert f"?kind=evaluate&amp;model={texts.model.pk}" in shown
    assert f"?family=writer&amp;parent={texts.model.pk}&amp;data={texts.data.pk}" in shown
    page = form_of(browser, f"/jobs/job/add/?family=writer&parent={texts.model.pk}&data={texts.data.pk}")
    assert page["form"]["input_parent"].value() == str(texts.model.pk)


def test_sheets_of_texts_are_shown_as_large_as_they_were_drawn(texts, submitter, browser_of: BrowserOf):
    shown = browser_of(submitter).get(f"/jobs/job/{texts.trained.pk}/change/").content.decode()
    assert '<div class="km-letters"' in shown


def test_sheets_of_pictures_fill_their_place(told, submitter, browser_of: BrowserOf):
    shown = browser_of(submitter).get(f"/jobs/job/{told.trained.pk}/change/").content.decode()
    assert "km-letters" not in shown


def test_a_job_without_a_name_is_called_by_its_kind_in_the_language_of_the_reader():
    job = Job(kind="generate")
    with override("zh-hans"):
        assert title(job) == f"生成 {str(job.pk)[-8:]}"
    assert title(Job(kind="generate", name="tonight")) == "tonight"


def test_values_are_written_without_brackets_of_a_program():
    assert written({"temperature": [0.4, 1.0]}) == "temperature: 0.4, 1.0"
    assert written(["7", "8"]) == "7, 8"


def test_what_is_wrong_is_a_sentence_before_what_was_expected():
    wrong = InvalidInput("temperature: 'hot' is not of type 'number'", expected={"type": "number"}, got="hot")
    assert sentence(wrong) == "temperature: 'hot' is not of type 'number'. Expected: number. Got: hot."
    with override("zh-hans"):
        assert sentence(wrong).startswith("temperature：“hot”不是所要的类型（number）。")


def test_figures_of_an_evaluation_are_headed_in_chinese(told, submitter, browser_of: BrowserOf):
    figures = {"psnr": {"value": 18.0, "low": 17.5, "high": 18.5, "n": 505, "unit": "dB"}}
    Job.objects.filter(pk=told.trained.pk).update(kind="evaluate", result={"metrics": figures}, unit="samples")
    shown = browser_of(submitter, "zh-hans").get(f"/jobs/job/{told.trained.pk}/change/").content.decode()
    assert "区间（95%）" in shown
    assert '1,400 <span class="km-unit">个样本' in shown
