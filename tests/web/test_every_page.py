"""Every page of the site is walked by the tests of care: none can be forgotten, and each answers its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, resolve

from accounts.models import User

pytestmark = pytest.mark.django_db
OF_DJANGO = ("add", "history", "delete", "change", "changelist", "list")  # routes that every registered model has
ANSWERS = {  # routes that take a form and lead back to a page, hand out a file, or answer a script
    "accounts_apitoken_revoke", "accounts_project_remove", "accounts_project_role", "accounts_user_active",
    "accounts_user_link", "accounts_user_platform_role", "audit_auditevent_take", "audit_projectpolicy_clear",
    "audit_projectpolicy_set", "audit_reviewrequest_decide", "audit_reviewrequest_flag", "autocomplete",
    "catalog_alias_move", "catalog_alias_withdraw", "catalog_modelversion_decide", "home-cards", "jobs_job_ask",
    "jobs_job_check", "jobs_job_compare_csv", "jobs_job_compare_generate", "jobs_job_compare_sheets", "jobs_job_log",
    "jobs_job_log_text", "jobs_job_move", "jobs_job_moving", "jobs_job_priority", "jobs_queuepause_ask",
    "jobs_schedule_ask", "jobs_window_remove", "jsi18n", "lineage_legalhold_lift", "logout", "search", "view_on_site",
    "webhooks_webhook_ask", "accounts_serviceaccount_answer", "accounts_serviceaccount_end",
}  # fmt: skip
BEFORE_LOGIN = {"login", "welcome", "password_change_done"}  # have tests of their own


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The names of all routes."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_no_page_is_left_out(pages: dict[str, str]) -> None:
    walked = {resolve(address.split("?")[0]).url_name for address in pages.values()}
    own = {name for name in routes(admin.site.get_urls()) if name.rpartition("_")[2] not in OF_DJANGO}
    assert sorted(own - walked - ANSWERS - BEFORE_LOGIN) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_answers(
    language: str, pages: dict[str, str], chief: User, browser_of: Callable[..., Client]
) -> None:
    browser = browser_of(chief, language)
    answers = {name: browser.get(address).status_code for name, address in pages.items()}
    assert {name: status for name, status in answers.items() if status != 200} == {}


def test_every_page_names_itself_its_language_and_its_main_part(
    pages: dict[str, str], chief: User, browser_of: Callable[..., Client]
) -> None:
    browser, without = browser_of(chief, "zh-hans"), {}
    for name, address in pages.items():
        page = browser.get(address).content.decode()
        if "<html" not in page:  # a part of a page
            continue
        wanted = ('<html lang="zh-hans"', '<main id="content"', 'href="#content"', "<h1", " | Kilnmark</title>")
        if missing := [part for part in wanted if part not in page]:
            without[name] = missing
    assert without == {}
