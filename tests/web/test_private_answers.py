"""Private pages and pictures stay with whoever asked: caches, compression, other people's browsers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from lineage.flags import decide_artifact, flag
from tests.web.story import Story

BrowserOf = Callable[..., Client]


def test_no_page_is_kept_by_a_cache(pages: dict[str, str], chief: User, browser_of: BrowserOf) -> None:
    browser = browser_of(chief)
    kept = {}
    for title, page in pages.items():
        said = browser.get(page).headers.get("Cache-Control", "")
        if "no-store" not in said or "private" not in said:
            kept[title] = said
    assert kept == {}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/artifacts/{made}/content",
        "/api/v1/jobs/{trained}/samples/200",
        "/api/v1/datasets/{data}/versions/1/preview",
    ],
)
def test_the_next_person_at_a_browser_gets_no_picture_of_the_last_one(
    path: str, told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    """Cookies decide: a browser that has another session asks again, and a stranger is answered 404."""
    address = path.format(made=told.made[0].pk, trained=told.trained.pk, data=told.data.dataset_id)
    answer = browser_of(people["viewer"]).get(address)
    assert (answer.status_code, bool(b"".join(answer.streaming_content))) == (200, True)  # type: ignore[arg-type]
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    assert browser_of(people["stranger"]).get(address).status_code == 404


@pytest.mark.parametrize("has", ["flagged", "withdrawn"])
def test_the_gallery_tells_no_id_of_what_others_flagged(
    has: str, told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    for one in told.made[:5]:
        flag(one, "odd", actor=people["viewer"])
        decide_artifact(one, "withdraw", actor=people["owner"], comment="odd")
    page = (
        browser_of(people["stranger"])
        .get("/lineage/artifact/", {"has": has, "from": str(told.made[2].pk)})
        .content.decode()
    )
    assert not {str(one.pk) for one in told.made} - {str(told.made[2].pk)} & set(re.findall(r"[0-9a-f-]{36}", page))
