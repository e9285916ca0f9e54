"""WCAG 2.2 AA as far as a machine can tell: axe-core finds nothing serious; the keyboard reaches what a mouse does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.web.browser import axe
from tests.web.story import Story

PageOf = Callable[..., Any]
PARTS = ("live part", "estimate", "uses")  # of pages: they stand alone nowhere
COLOURS = ("color-contrast", "link-in-text-block")  # the rules that a dark page can break where a light one does not
UNREACHED = """() => [...document.querySelectorAll('a:not([href]), [role=button], [onclick], [x-on\\\\:click]')]
  .filter(one => one.checkVisibility({visibilityProperty: true}) && one.tabIndex < 0 && !one.querySelector('button'))
  .filter(one => one.id !== 'changelist-filter-close' && !one.closest('[aria-hidden=true]'))
  .map(one => one.outerHTML.slice(0, 120))"""
MODES = [(1280, False, ()), (1280, True, COLOURS), (390, False, ())]


@pytest.mark.parametrize(("width", "dark", "only"), MODES, ids=["light", "dark", "phone"])
def test_no_page_has_a_serious_fault(
    width: int, dark: bool, only: tuple[str, ...], pages: dict[str, str], chief: User, page_of: PageOf
) -> None:
    page = page_of(chief, width=width, dark=dark)
    page.add_init_script(axe.script())
    faults = {}
    for name, address in {**pages, "nothing": "/nothing/"}.items():
        if name not in PARTS:
            page.goto(address)
            if found := axe.grave(page, only):
                faults[name] = found
    assert faults == {}


def test_whatever_can_be_clicked_can_be_reached_by_keyboard_and_no_page_is_wider_than_a_phone(
    pages: dict[str, str], chief: User, page_of: PageOf
) -> None:
    page, unreached, wide = page_of(chief, width=390), {}, []
    for name, address in pages.items():
        if name not in PARTS:
            page.goto(address)
            if found := page.evaluate(UNREACHED):
                unreached[name] = found
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append(name)
    assert unreached == {}
    assert wide == []


def test_the_first_tab_leads_past_the_navigation_and_the_menu_answers_to_keys(
    told: Story, submitter: User, page_of: PageOf
) -> None:
    page = page_of(submitter)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hash") == "#content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    menu = page.locator(".km-who")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dark").focus()
    page.keyboard.press("Enter")
    page.locator("html.dark").wait_for()
    page.keyboard.press("Escape")
    page.locator("#user-menu").wait_for(state="hidden")
