"""Addresses that nobody of good will types: whatever stands in them, a page answers in words and tells no secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from tests import builders
from tests.web.story import Story

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
    "/search/": "s page extended",
    "/": "seen page",
}
GARBAGE = {
    "digits": "9" * 5000,  # Python makes no number of so many
    "half a pair": "²\ud800",
    "nested": "[" * 3000,
    "script": "'\"><script>alert(7)</script>{{7*7}}\r\nX-Evil: 1" + "x" * 2000,
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_no_word_of_an_address_breaks_a_page(garbage: str, pages: dict[str, str], chief: User) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(chief)
    said, turn = GARBAGE[garbage].encode("utf-8", "surrogatepass"), list(GARBAGE).index(garbage)
    places = {page.partition("?")[0] for page in pages.values()} | {"/cards/often/", "/cards/seldom/"}
    bad = {}
    for place, page in enumerate(sorted(places)):
        names = next(names for start, names in READ.items() if page.startswith(start)).split()
        alone = [[name] for name in names[(turn + place) % len(GARBAGE) :: len(GARBAGE)]]  # each once, in turns
        for several in [names, *alone]:
            answer = browser.get(f"{page}?{urlencode(dict.fromkeys(several, said))}")
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            told = b"<script>alert(7)" in body or b"Traceback" in body or "X-Evil" in answer.headers
            if answer.status_code >= 500 or told:
                bad[page, *several] = answer.status_code
    assert bad == {}


def test_no_nul_reaches_the_database(pages: dict[str, str], told: Story, chief: User) -> None:
    """PostgreSQL takes it in no text and answers with an error; SQLite, on which tests run, does not mind."""
    browser, reached = Client(), set()
    browser.force_login(chief)
    project, data = told.training.project_id, told.data.dataset_id
    forms = {
        f"/accounts/project/{project}/remove/": "username", f"/accounts/project/{project}/role/": "username role",
        f"/catalog/dataset/{data}/upload/": "upload builtin", "/jobs/job/add/": "input_data name purpose seed window",
        "/jobs/job/compare/generate/": "key seed", "/lineage/legalhold/add/": "subject_kind subject reason",
        f"/audit/reviewrequest/decide/job/{told.trained.pk}/": "request decision comment",
        f"/audit/reviewrequest/flag/{told.made[0].pk}/": "reason", "/accounts/user/add/": "username project email",
    }  # fmt: skip

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if any("\0" in one for one in params or () if isinstance(one, str)):
            reached.add(here)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for page in sorted({page.partition("?")[0] for page in pages.values()} | {"/cards/often/", "/search/"}):
            for name in next(names for start, names in READ.items() if page.startswith(start)).split():
                here = (page, name)
                browser.get(page, {name: "a\0@b"})
        for page, names in forms.items():
            for name in names.split():
                here = (page, name)
                runs = {"job": [str(told.training.pk), str(told.trained.pk)]} if "compare" in page else {}
                browser.post(page, runs | {name: "a\0@b"})
    assert reached == set()


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


@pytest.mark.parametrize(
    "address",
    ["/accounts/user/?password__startswith=x", "/accounts/user/?_to_field=password", "/jobs/job/?project__slug=x",
     "/jobs/job/?salt__startswith=0", "/jobs/job/?submitted_by__password__startswith=p"],
)  # fmt: skip
def test_what_a_list_cannot_be_asked_is_refused_in_words(address: str, chief: User) -> None:
    browser = Client()
    browser.force_login(chief)
    answer = browser.get(address)
    assert answer.status_code == 400
    assert "This was not understood" in answer.content.decode()
