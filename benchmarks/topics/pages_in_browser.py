"""How soon a page of the web admin can be used, in real Chromium, with a thousand jobs in the history.

From asking for the page until its scripts have run and it takes input: Alpine has taken its cloak off, the last script
has run. First visit: nothing in the browser's cache. Later visit: its files are there. The weight is that of HTML and
data as they travel; what the files of a first visit weigh is listed, and bound by nothing. Without Chromium nothing is
measured.
"""

from __future__ import annotations

import shutil
from typing import Any

from benchmarks.timing import Figure, measured
from benchmarks.topics.job_overhead import home
from deploy.demo_platform import manage, running

LONGEST_MS, LARGEST_KB = 1000.0, 100.0
HISTORY_JOBS = "1000"
PAGES = {
    "home": "/", "list of jobs": "/jobs/job/", "form of a training": "/jobs/job/add/", "gallery": "/lineage/artifact/",
    "log": "/audit/auditevent/", "models": "/catalog/modelversion/",
}  # fmt: skip
READY = "() => document.readyState !== 'loading' && !document.documentElement.hasAttribute('x-cloak')"
SIZES = """() => performance.getEntries()
  .filter(one => ['navigation', 'resource'].includes(one.entryType))
  .map(one => [['navigation', 'fetch', 'xmlhttprequest'].includes(one.initiatorType), one.encodedBodySize])"""


def measure(pairs: int) -> dict[str, Figure]:
    """`pairs` first and later visits to each page."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright

    figures: dict[str, Figure] = {}
    with home() as place, running(place) as url, sync_playwright() as browsers:
        manage(place, "seed_history", "--project", "studio", "--jobs", HISTORY_JOBS)
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        state = logged_in(browser, url, place.password_file.read_text().strip())
        for name, address in PAGES.items():
            visits = [visit(browser, state, url + address) for _ in range(pairs)]
            first, later, page_kb, files_kb = (list(column) for column in zip(*visits, strict=True))
            figures |= {
                f"{name}, first visit": measured(first, unit="ms", at_most=LONGEST_MS),
                f"{name}, later visit": measured(later, unit="ms", at_most=LONGEST_MS),
                f"{name}, HTML and data": measured(page_kb, unit="kB", at_most=LARGEST_KB),
                f"{name}, files of a first visit": measured(files_kb, unit="kB"),
            }
        browser.close()
    return figures


def logged_in(browser: Any, url: str, password: str) -> Any:
    """The cookies of a person who is logged in."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#nav-sidebar", state="attached")
    state = context.storage_state()
    context.close()
    return state


def visit(browser: Any, state: Any, address: str) -> tuple[float, float, float, float]:
    """Milliseconds of a first and of a later visit; kilobytes of HTML and data, and of the other files of the first."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    first_ms = opened(page, address)
    page.wait_for_load_state("load")
    sizes = page.evaluate(SIZES)
    later_ms = opened(page, address)
    context.close()
    own, other = (sum(size for mine, size in sizes if mine is wanted) / 1000 for wanted in (True, False))
    return first_ms, later_ms, own, other


def opened(page: Any, address: str) -> float:
    """Milliseconds from asking for a page until it takes input."""
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function(READY)
    return float(page.evaluate("performance.now()"))
