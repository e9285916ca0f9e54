"""What a page costs to fetch: its HTML and data are small and compressed, everything else is kept by the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from accounts.models import User
from tests.web.browser.conftest import session_of
from tests.web.story import Story

PageOf = Callable[..., Any]
LARGEST_BYTES = 100_000  # of HTML and data, as they travel
DATA = ("document", "xhr", "fetch")


def test_no_page_costs_more_than_100_kb_of_html_and_data(pages: dict[str, str], chief: User, page_of: PageOf) -> None:
    page, weights = page_of(chief), dict[str, int]()
    asked: list[Any] = []
    page.on("requestfinished", lambda one: asked.append(one))
    for name, address in pages.items():
        asked.clear()
        page.goto(address, wait_until="load")
        weights[name] = sum(one.sizes()["responseBodySize"] for one in asked if one.resource_type in DATA)
    assert min(weights.values()) > 0
    assert {name: weight for name, weight in weights.items() if weight > LARGEST_BYTES} == {}


def test_a_second_visit_fetches_no_script_style_or_font_again(told: Story, submitter: User, page_of: PageOf) -> None:
    page = page_of(submitter)
    page.goto("/jobs/job/")
    page.goto("/jobs/job/")
    files = page.evaluate("performance.getEntriesByType('resource').map(one => [one.name, one.transferSize])")
    assert any("/static/" in name for name, _ in files)
    assert [name for name, fetched in files if "/static/" in name and fetched] == []


def test_static_files_are_kept_for_ever_under_the_name_of_their_content(served: str, submitter: User) -> None:
    page = httpx.get(f"{served}/login/").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert any(re.search(r"kilnmark/pages\.[0-9a-f]{12}\.css$", file) for file in files)
    for file in files:
        answer = httpx.get(served + file)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True), file


@pytest.mark.parametrize("address", ["/jobs/job/", "/api/v1/plugins"])
def test_pages_and_json_travel_compressed(address: str, served: str, told: Story, submitter: User) -> None:
    answer = httpx.get(served + address, cookies={"sessionid": session_of(submitter)})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content)
    assert "Accept-Encoding" in answer.headers["vary"]


def test_an_event_stream_and_a_picture_travel_as_they_are(served: str, told: Story, submitter: User) -> None:
    cookies, job = {"sessionid": session_of(submitter)}, f"{served}/api/v1/jobs/{told.training.pk}"
    with httpx.stream("GET", f"{job}/events", headers={"accept": "text/event-stream"}, cookies=cookies) as events:
        assert "content-encoding" not in events.headers
        assert next(events.iter_lines())
    assert "content-encoding" not in httpx.get(f"{job}/samples/600", cookies=cookies).headers


def test_a_form_token_is_masked_anew_in_every_answer(served: str, submitter: User) -> None:
    """So that the length of a compressed page tells nothing of it (BREACH)."""
    said = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
    with httpx.Client(base_url=served, cookies={"sessionid": session_of(submitter)}) as browser:
        tokens = {said.findall(browser.get("/").text)[0] for _ in range(3)}
    assert len(tokens) == 3
