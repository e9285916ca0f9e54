"""What forms of windows and recurring jobs refuse in words that other forms cannot be sent."""

from __future__ import annotations

import json

import pytest

from jobs.models import Schedule, Window
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
BODY = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("character", ["\ud800", "\0"])
def test_a_submission_with_text_that_cannot_be_stored_is_refused(character, language, project, submitter, browser_of):
    builders.dataset_version(project, submitter)
    said = {"project": str(project.pk), "name": "weekly", "timezone": "UTC", "days": ["sun"], "at": "02:00"}
    for body in (BODY | {"name": character}, {"kind": character}, BODY | {"project": character}):
        answer = browser_of(submitter, language).post("/jobs/schedule/add/", said | {"body": json.dumps(body)})
        assert answer.status_code == 422
        told = {"en": "a character that cannot be stored", "zh-hans": "无法保存的字符"}[language]
        assert told in answer.content.decode()
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(("language", "told"), [("en", "This is no day."), ("zh-hans", "不是日期。")])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_an_exception_at_the_end_of_time_is_refused(day, language, told, project, submitter, browser_of):
    said = {"project": str(project.pk), "name": "night", "timezone": "UTC", "mon": "22:00-06:00"}
    answer = browser_of(submitter, language).post("/jobs/window/add/", said | {"exceptions": f"{day} closed"})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Window.objects.exists()


def test_a_list_that_was_asked_for_by_no_form_of_ours_is_not_there(project, submitter, browser_of):
    browser = browser_of(submitter)
    assert browser.get("/jobs/job/", {"state": "a\0b"}).status_code == 404
    chosen = {"action": "cancel", "_selected_action": ["1 or 1", "0"]}
    assert browser.post("/jobs/job/", chosen).status_code == 404
