"""The browser of items by keyboard alone: from item to item, one large, the next, and back to where one was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from tests.web.story import Story


def test_items_are_walked_and_shown_large_by_keyboard(
    page_of: Callable[..., Any], told: Story, submitter: User
) -> None:
    page = page_of(submitter)
    page.goto(f"/catalog/datasetversion/{told.data.pk}/items/")
    page.focus("a[data-item='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    large = page.locator("#zoom")
    large.get_by_text("class 0, for training, row 1").wait_for()
    page.keyboard.press("ArrowRight")
    large.get_by_text("class 0, for training, row 2").wait_for()
    assert large.locator("svg image").evaluate("one => one.getBoundingClientRect().width") > 1000  # the sheet, ten wide
    page.keyboard.press("Escape")
    large.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.dataset.item") == "2"
