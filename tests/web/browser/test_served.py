"""The web process as browsers meet it: pages, static files and scripts come from the server that people run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from tests.web.story import Story


def test_the_home_page_comes_with_its_style_and_the_running_job(
    told: Story, submitter: User, page_of: Callable[..., Any]
) -> None:
    page = page_of(submitter)
    page.goto("/")
    assert "digits overnight" in page.inner_text("main, #main, body")
    assert page.evaluate("getComputedStyle(document.querySelector('.km-card')).borderRadius") == "8px"
