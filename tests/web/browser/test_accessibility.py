"""WCAG 2.2 AA as far as a machine can tell: axe-core finds nothing serious; the keyboard reaches what a mouse does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
DARK = """on => {  // as the admin does when it loads, without the time that colours take to change
  const calm = new CSSStyleSheet(); calm.replaceSync('* { transition: none !important; animation: none !important }');
  document.adoptedStyleSheets = [calm];
  document.documentElement.classList.toggle('dark', on);
}"""
PHONE = {"width": 390, "height": 844}


def test_no_page_has_a_serious_fault_in_light_in_dark_or_on_a_phone(
    pages: dict[str, str], chief: User, page_of: PageOf
) -> None:
    """One load of each page for all of it: loading costs more than looking."""
    page = page_of(chief)
    page.add_init_script(axe.script())
    desktop, faults = page.viewport_size, dict[str, object]()
    for name, address in pages.items():
        if name in PARTS:
            continue
        page.goto(address)
        found: dict[str, object] = {"light": axe.grave(page)}
        page.emulate_media(color_scheme="dark")
        page.evaluate(DARK, True)
        found["dark"] = axe.grave(page, COLOURS)
        page.emulate_media(color_scheme="light")
        page.evaluate(DARK, False)
        page.set_viewport_size(PHONE)
        found |= {"phone": axe.grave(page), "out of reach of the keyboard": page.evaluate(UNREACHED)}
        found["wider than a phone"] = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.set_viewport_size(desktop)
        faults |= {f"{name}, {mode}": what for mode, what in found.items() if what}
    assert faults == {}


def test_a_page_that_is_not_there_has_no_serious_fault_either(told: Story, chief: User, page_of: PageOf) -> None:
    for dark in (False, True):
        page = page_of(chief, dark=dark)
        page.add_init_script(axe.script())
        page.goto("/nothing/")
        assert axe.grave(page) == []


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
