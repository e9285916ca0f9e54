"""Both languages from the first page on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polib
import pytest
import unfold
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from accounts.models import Project, User
from desk.words.sentences import TEMPLATES, in_language
from tests.web.catalogue import texts
from tests.web.story import Story

SOURCE = Path(settings.ROOT) / "platform"
CATALOGUE = polib.pofile(str(SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
PLACE = re.compile(r"%\(\w+\)s")


def test_every_text_of_the_web_side_is_translated() -> None:
    done = {entry.msgid for entry in CATALOGUE if entry.translated()}
    done |= {entry.msgid_plural for entry in CATALOGUE if entry.msgid_plural and entry.translated()}
    assert sorted(texts(SOURCE) - done) == []


def test_no_sentence_of_the_catalogue_is_left_over() -> None:
    """Single words may be values that are translated as they come; some sentences are those of the admin's look."""
    said = texts(SOURCE) | texts(Path(unfold.__file__).parent)
    rest = [entry.msgid for entry in CATALOGUE if not {entry.msgid, entry.msgid_plural} & said]
    assert [one for one in rest if len(one.split()) > 5] == []


def test_translations_fill_in_the_same_values() -> None:
    for entry in CATALOGUE:
        for said in (entry.msgstr, *entry.msgstr_plural.values()):
            assert not said or set(PLACE.findall(said)) == set(PLACE.findall(entry.msgid)), entry.msgid


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_stored_sentence_is_found_again(template: str) -> None:
    said = PLACE.sub("queued", template)
    with override("zh-hans"):
        assert re.search(r"[\u4e00-\u9fff]", in_language(said)), said


def test_a_text_that_is_not_ours_is_left_alone() -> None:
    with override("zh-hans"):
        assert in_language("CUDA said no at 3") == "CUDA said no at 3"


def test_a_count_inside_a_sentence_may_be_one_that_ended_early() -> None:
    said = "no worker listens to queue io; waiting there: "
    with override("zh-hans"):
        assert in_language(said + "12") == "没有工作进程监听队列 io；等待的任务：12 个"
        assert in_language(said + "more than 5000") == "没有工作进程监听队列 io；等待的任务：超过 5000 个"


def test_what_is_missing_is_no_state_that_a_version_is_in() -> None:
    with override("zh-hans"):
        assert in_language("The input 'data' is missing.") == "缺少输入“data”。"
        assert in_language("The input 'model_2' is missing.") == "缺少输入“model_2”。"
        assert in_language("digits-dcgan 3 is revoked.") == "digits-dcgan 3 的状态为已撤销。"


def test_names_inside_a_sentence_are_not_translated() -> None:
    with override("zh-hans"):
        assert in_language("cancelled by people") == "已由 people 取消"


@pytest.mark.django_db
def test_a_job_page_in_chinese_gives_its_reason_in_chinese(
    submitter: User, told: Story, browser_of: Callable[..., Client]
) -> None:
    page = browser_of(submitter, "zh-hans").get(f"/jobs/job/{told.failed.pk}/change/").content.decode()
    assert "xrays.csv：不支持这种文件。" in page


@pytest.mark.django_db
def test_the_switch_in_the_header_changes_the_language(
    submitter: User, project: Project, browser_of: Callable[..., Client]
) -> None:
    browser = browser_of(submitter)
    browser.post("/language/setlang/", {"language": "zh-hans", "next": "/"})
    assert "等待您审核" in browser.get("/").content.decode()
