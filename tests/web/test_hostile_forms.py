"""Forms filled in by somebody hostile: each answers in words, and nobody gets more than their role gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from api.views.verification import Often
from tests import builders
from tests.web.story import Story

BrowserOf = Callable[..., Client]
DIGITS = "9" * 5000  # Python makes no number of so many


@pytest.mark.parametrize("said", [DIGITS, "-" + DIGITS, "١٢", "1e3", "\0", ""])
def test_a_priority_that_is_none_is_refused_in_words(
    said: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).post(f"/jobs/job/{told.training.pk}/priority/", {"priority": said})
    assert answer.status_code == 302


@pytest.mark.parametrize("address", ["/jobs/job/add/?step=data&page=", "/jobs/job/add/?kind=generate&step=model&page="])
def test_a_page_number_of_five_thousand_digits_is_a_page(
    address: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    assert browser_of(submitter).get(address + DIGITS).status_code == 200


def test_a_name_in_wide_letters_that_is_taken_is_refused_beside_it(told: Story, browser_of: BrowserOf) -> None:
    operator = builders.person("olga", platform_role="operator")
    answer = browser_of(operator).post("/accounts/user/add/", {"username": "ｓａｍ", "way": "link"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "where",
    [
        "foo",
        "admin",
        "welcome",
        "javascript:alert(1)",
        "//evil.example",
        "https://evil.example/",
        "\\\\evil.example",
        "/\\evil.example",
    ],
)
def test_the_login_page_leads_nowhere_else(
    where: str, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get("/login/", {"next": where})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))


def test_a_referer_that_is_no_address_leads_home(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    for said in ("foo", "admin:index", "x" * 9000, "http://testserver:99999/", "http://[", "\0"):
        browser = browser_of(submitter)
        answer = browser.post(f"/jobs/job/{told.trained.pk}/ask/cancel/", headers={"Referer": said})
        assert answer.status_code == 302, said
        assert browser.post(
            f"/audit/reviewrequest/decide/job/{told.trained.pk}/", {"decision": "x"}, headers={"Referer": said}
        ).status_code in (302, 422), said
        anonymous = Client().post(f"/jobs/job/{told.trained.pk}/ask/cancel/", headers={"Referer": said})
        assert anonymous.status_code == 302, said
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(submitter)
        assert strict.post(f"/jobs/job/{told.trained.pk}/ask/cancel/", headers={"Referer": said}).status_code == 403


@pytest.mark.parametrize("upload", ["x", "\0", "../../etc/passwd", DIGITS, "00000000-0000-0000-0000-000000000000"])
def test_an_upload_of_nobody_is_said_beside_the_file(
    upload: str, submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).post(f"/catalog/dataset/{told.data.dataset_id}/upload/", {"upload": upload})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/user/" + DIGITS + "/change/",
        "/accounts/user/" + "9" * 30 + "/change/",
        "/jobs/job/" + "x" * 3000 + "/change/",
        "/catalog/datasetversion/%00/change/",
    ],
)
def test_a_path_of_nothing_is_not_there(path: str, chief: User, told: Story, browser_of: BrowserOf) -> None:
    assert browser_of(chief).get(path).status_code == 404


@pytest.mark.parametrize("page", ["x", "0", "-1", "99", DIGITS, "\0"])
def test_the_search_has_no_page_but_its_own(page: str, chief: User, browser_of: BrowserOf) -> None:
    assert browser_of(chief).get("/search/", {"s": "job", "page": page}).status_code == 404


def test_the_page_is_asked_no_oftener_than_rest_whether_a_file_is_ours(
    submitter: User, told: Story, browser_of: BrowserOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking often enough would tell how to take a mark away."""
    cache.clear()
    monkeypatch.setattr(Often, "rate", "2/min")
    browser = browser_of(submitter)
    answers = [
        browser.post("/lineage/artifact/verify/", {"file": SimpleUploadedFile("a.png", b"abc")}) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "Wait a minute" in answers[-1].content.decode()
