"""Texts in the gallery and on their page: as text, bounded, and said to be made by a machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog.store import blobs, namespace
from desk.artifact.text import EXCERPT_BYTES, EXCERPT_CHARACTERS, WHOLE_BYTES
from lineage.models import Artifact
from tests import builders
from tests.builders_text import written

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
HOSTILE = "<script>alert(1)</script> & \u202e{{ text }}\n"


def gallery(browser: Client, artifact: Artifact) -> str:
    return browser.get(f"/lineage/artifact/?job={artifact.job_id}").content.decode()


def page(browser: Client, artifact: Artifact) -> str:
    return browser.get(f"/lineage/artifact/{artifact.pk}/change/").content.decode()


@pytest.mark.parametrize("shown", [gallery, page])
def test_markup_in_a_text_is_shown_and_never_run(
    shown: Callable[..., str], project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    html = shown(browser_of(submitter), written(project, submitter, [HOSTILE])[0])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in html
    assert "<script>alert(1)" not in html


@pytest.mark.parametrize("shown", [gallery, page])
@pytest.mark.parametrize(("language", "said"), [("en", "AI-generated"), ("zh-hans", "人工智能生成")])
def test_a_text_is_said_to_be_made_by_a_machine(
    shown: Callable[..., str], language: str, said: str, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    assert said in shown(browser_of(submitter, language), written(project, submitter, ["Enter Hamlet.\n"])[0])


def test_a_card_shows_how_a_text_begins(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    html = gallery(browser_of(submitter), written(project, submitter, ["多" * 5_000])[0])
    assert html.count("多") == EXCERPT_CHARACTERS
    assert "多…" in html


def test_a_character_that_is_cut_is_left_out(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    text = "\n" * (EXCERPT_BYTES - 1) + "多"
    assert "\ufffd" not in gallery(browser_of(submitter), written(project, submitter, [text])[0])


def test_a_page_shows_a_bounded_part_of_a_long_text_and_says_so(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    short, long = written(project, submitter, ["a" * WHOLE_BYTES, "~" * (WHOLE_BYTES + 1)])
    browser = browser_of(submitter)
    assert "The text goes on" not in page(browser, short)
    assert page(browser, long).count("~") == WHOLE_BYTES
    assert "The text goes on" in page(browser, long)


def test_a_text_has_three_files_to_download_and_a_picture_one(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    for artifact, files in (
        (written(project, submitter, ["Enter Hamlet.\n"])[0], {"content", "credential", "label"}),
        (builders.generated(project, submitter, count=1)[0], {"content"}),
    ):
        html = page(browser, artifact)
        places = {name for name in ("content", "credential", "label") if f'{artifact.pk}/{name}" download' in html}
        assert places == files


def test_a_text_that_the_store_lost_leaves_the_others_to_be_seen(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    lost, _ = written(project, submitter, ["Enter Hamlet.\n", "Exit Ghost.\n"])
    blobs().delete(namespace(project), lost.sha256)
    browser = browser_of(submitter)
    assert "Exit Ghost." in gallery(browser, lost)
    assert "The text cannot be read now." in gallery(browser, lost)
    assert "The text cannot be read now." in page(browser, lost)


def test_a_gallery_of_texts_costs_the_same_queries_with_more_of_them(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    browser, costs = browser_of(submitter), []
    for count in (2, 20):
        artifact = written(project, submitter, [f"Scene {index}\n" for index in range(count)])[0]
        with CaptureQueriesContext(connection) as queries:
            gallery(browser, artifact)
        costs.append(len(queries))
    assert costs[0] == costs[1]
