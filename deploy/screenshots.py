"""`make screenshots`: every page of the web admin in four modes, over real work, into docs/screenshots/.

Light, dark, on a phone (390 px) and in Chinese. A home of its own is made and removed; it takes some minutes. Needs
Chromium and Playwright; without them it says so and ends with 0, since nothing is wrong.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from deploy.demo_platform import running
from deploy.home import ROOT, Home
from deploy.preparation import prepare
from deploy.progress import Progress
from deploy.screenshots_work import Work
from models_store.errors import ProductError

FOLDER = ROOT / "docs" / "screenshots"
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "chinese": {"viewport": {"width": 1280, "height": 800}},
}
LISTS = {
    "home": "/", "data": "/catalog/dataset/", "data-form": "/catalog/dataset/add/", "jobs": "/jobs/job/",
    "train-form": "/jobs/job/add/", "generate-form": "/jobs/job/add/?kind=generate",
    "models": "/catalog/modelversion/", "aliases": "/catalog/alias/", "verify": "/lineage/artifact/verify/",
    "reviews": "/audit/reviewrequest/", "log": "/audit/auditevent/", "log-check": "/audit/auditevent/check/",
    "legal-holds": "/lineage/legalhold/", "queues": "/jobs/queuepause/", "windows": "/jobs/window/",
    "window-form": "/jobs/window/add/", "recurring-jobs": "/jobs/schedule/", "digest": "/jobs/digestmail/",
    "people": "/accounts/project/", "nothing-there": "/nothing/",
}  # fmt: skip
TALLEST_PX, QUALITY = 1280, 45
SETTLES_MS = 350  # until curves are drawn and pictures decoded


def main() -> int:
    """0 where every page was taken, or where there is no browser."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("No screenshots: they need Chromium (Debian's package chromium) and Playwright (make test installs it).")
        return 0
    os.umask(0o077)
    progress = Progress(None)
    try:
        with tempfile.TemporaryDirectory(prefix="kilnmark-pictures-") as folder:
            home = Home(Path(folder) / "home")
            os.environ |= {"KILNMARK_HOME": str(home.path), "KILNMARK_HEAD_EVERY_S": "1"}
            prepare(home, progress)
            with running(home) as url:
                progress.say("at work: data, trainings, a decision, pictures, questions, rules, trouble")
                work = Work(home, url)
                work.done()
                with sync_playwright() as browsers:
                    browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                    taken = sum(shoot(browser, work, mode, progress) for mode in MODES)
                    browser.close()
                work.stop()
    except ProductError as stop:
        print(f"The screenshots stopped: {stop.detail}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in FOLDER.glob("*.webp"))
    progress.say(f"{taken} pictures, {size / 2**20:.1f} MiB, in {FOLDER}")
    return 0


def shoot(browser: Any, work: Work, mode: str, progress: Progress) -> int:
    """Every page in one mode; the number of pictures."""
    progress.say(f"pictures: {mode}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(base_url=work.url, reduced_motion="reduce", **MODES[mode])
    said = {"name": "django_language", "value": "zh-hans" if mode == "chinese" else "en", "url": work.url}
    context.add_cookies([said])
    page = context.new_page()
    keep(page, work, "login", "/login/", mode)
    page.goto("/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", work.home.password_file.read_text().strip())
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#nav-sidebar", state="attached")
    for name, address in (LISTS | work.pages).items():
        keep(page, work, name, address, mode)
    context.close()
    return 1 + len(LISTS | work.pages)


def keep(page: Any, work: Work, name: str, address: str, mode: str) -> None:
    """One page as a small picture; a long page is cut at its end."""
    size = MODES[mode]["viewport"]
    page.set_viewport_size(size)
    page.goto(address)
    page.wait_for_timeout(SETTLES_MS)
    tall = min(max(page.evaluate("document.documentElement.scrollHeight"), size["height"]), TALLEST_PX)
    page.set_viewport_size(size | {"height": tall})  # so that what sticks to the lower edge stands there
    page.wait_for_timeout(SETTLES_MS // 3)
    with Image.open(io.BytesIO(page.screenshot())) as whole:
        whole.convert("RGB").save(FOLDER / f"{name}-{mode}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
