"""Addresses that nobody of good will types: whatever stands in them, a page answers in words and tells no secret."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from tests import builders

READ = {  # the words of an address that each list, form or page of a thing reads, by how its path begins
    "/jobs/job/compare/": "job made q",
    "/jobs/job/add/": "kind family data model clone step preset page q name seed param_steps filled",
    "/jobs/job/": "job state__exact kind family in by q o p e all after short told parameters__length",
    "/jobs/queuepause/": "o p q",
    "/jobs/digestmail/": "from to",
    "/jobs/window/": "o p q",
    "/jobs/schedule/": "job o p q",
    "/catalog/dataset/add/": "modality",
    "/catalog/dataset/": "q o p modality__exact contains_personal_data__exact from to",
    "/catalog/datasetversion/": "split class page item q o p",
    "/catalog/modelversion/": "q from project stage method family since trained",
    "/catalog/alias/": "version at q o p",
    "/lineage/artifact/": "job model kind has stage by project since until seed from part answer",
    "/lineage/legalhold/": "kind subject q o p",
    "/audit/auditevent/": "who what kind subject day from older kept newer",
    "/audit/hourlycount/": "who what kind subject day from",
    "/audit/reviewrequest/": "who kind project decision from",
    "/accounts/": "q o p platform_role__exact is_active__exact project next",
    "/home/": "seen",
    "/": "seen page",
}
GARBAGE = {
    "NUL": "\0", "long": "x" * 5000, "digits": "9" * 5000, "negative": "-1", "half a pair": "\ud800",
    "other digits": "٣", "superscript": "²", "nested": "[" * 3000, "infinite": "1e999", "nobody": str(UUID(int=0)),
    "script": "'\"><script>alert(7)</script>", "template": "{{7*7}}", "header": "\r\nX-Evil: 1",
    "last day": "9999-12-31", "first day": "0001-01-01",
}  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE)
def test_no_word_of_an_address_breaks_a_page(garbage: str, pages: dict[str, str], chief: User) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(chief)
    said = GARBAGE[garbage].encode("utf-8", "surrogatepass")
    bad = {}
    for page in sorted({page.partition("?")[0] for page in pages.values()} | {"/home/often/", "/home/seldom/"}):
        names = next(names for start, names in READ.items() if page.startswith(start))
        for name in names.split():
            answer = browser.get(f"{page}?{urlencode({name: said})}")
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            told = b"<script>alert(7)" in body or b"Traceback" in body or "X-Evil" in answer.headers
            if answer.status_code >= 500 or told:
                bad[page, name] = answer.status_code
    assert bad == {}


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_the_list_of_accounts_is_no_oracle_for_passwords(role: str, db: None) -> None:
    seer = builders.person("seer", platform_role=role)
    root = builders.person("root", is_superuser=True)
    browser = Client()
    browser.force_login(seer)
    start = root.password[:25]
    yes = browser.get("/accounts/user/", {"password__startswith": start})
    no = browser.get("/accounts/user/", {"password__startswith": "zzz"})
    assert (b">root<" in yes.content) == (b">root<" in no.content)
