"""A page in Chinese is Chinese to its last word: what is left in Latin letters is a name, a code, or somebody's own."""

from __future__ import annotations

from collections.abc import Callable

import polib
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import override

from accounts.models import User
from tests.web.words_shown import english_words

BrowserOf = Callable[..., Client]
NAMES = """
    aigc api c2pa cpu csv ctrl cuda dcgan esc gan gpu html iptc json kilnmark lines merkle onnx pacs png post rest rgb
    runtime sha smtp https tab tensorboard tiff txt utc webhook webhooks webp wgan xmp zip gif jpeg gib
"""
PEOPLE = """
    sam rita chief studio digits overnight chest rib nightly script night retrain production first release lawsuit
    berlin europe trying the kiln for desk too near picture data test worker scanner consent xrays ingest broken verify
    made internal alert build server
"""  # what people of the story wrote, and named
ANNOUNCED = "grey image size channels steps width train generate evaluate"  # by plug-ins of tests, in English alone
TYPED = "closed text"  # to be typed so, or quoted from a file
KNOWN = {word for words in (NAMES, PEOPLE, ANNOUNCED, TYPED) for word in words.split()}


@pytest.mark.django_db
def test_no_page_shows_an_english_word(pages: dict[str, str], chief: User, browser_of: BrowserOf) -> None:
    browser, left = browser_of(chief, "zh-hans"), {}
    for name, address in {**pages, "nothing": "/nothing/"}.items():
        if found := english_words(browser.get(address).content.decode(), known=KNOWN):
            left[name] = sorted(found)
    assert left == {}


@pytest.mark.django_db
def test_pages_before_the_login_are_chinese(db: None) -> None:
    browser = Client()
    browser.cookies["django_language"] = "zh-hans"
    assert english_words(browser.get("/login/").content.decode(), known=KNOWN) == set()


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_pages_for_errors_are_chinese(template: str) -> None:
    with override("zh-hans"):
        assert english_words(render_to_string(template), known=KNOWN) == set()


def test_a_refusal_is_told_in_chinese(people: dict[str, User], browser_of: BrowserOf) -> None:
    answer = browser_of(people["viewer"], "zh-hans").get("/jobs/job/add/")
    assert answer.status_code == 403
    assert english_words(answer.content.decode(), known=KNOWN | {"viewer", "submitter"}) == set()


def test_every_plural_has_its_one_chinese_form() -> None:
    catalogue = polib.pofile(settings.ROOT / "platform" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")
    plural = [entry for entry in catalogue if entry.msgid_plural]
    assert plural
    assert [entry.msgid for entry in plural if list(entry.msgstr_plural) != [0] or not entry.msgstr_plural[0]] == []
    assert "nplurals=1" in catalogue.metadata["Plural-Forms"]


def test_the_words_are_looked_for_where_readers_meet_them() -> None:
    page = (
        '<p>这里 left over</p><img alt="a picture"><code>def main</code><i class="material-symbols-outlined">home</i>'
    )
    assert english_words(page + '<b lang="en">English</b> {"json": 1}', known=set()) == {"left", "over", "picture"}
