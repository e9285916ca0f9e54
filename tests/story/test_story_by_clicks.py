"""The story by clicks: two people in two browsers, from a folder of pictures to a file that is known again."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from deploy.demo_platform import manage
from tests.story.conftest import TINY, Platform

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 60_000
PICTURES, SIZE_PX = 40, 16
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
Browser = Callable[[str, str], Any]


@pytest.fixture
def browser_of(platform_up: Platform) -> Iterator[Browser]:
    """`browser_of(name, password)`: a page of a browser of its own, after logging in by the form."""
    playwright = pytest.importorskip("playwright.sync_api")
    faults: list[str] = []
    with playwright.sync_playwright() as browsers:
        chromium = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def log_in(name: str, password: str) -> Any:
            page = chromium.new_context(base_url=platform_up.url, accept_downloads=True).new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
            page.goto("/")
            page.get_by_label(re.compile("user ?name", re.IGNORECASE)).fill(name)
            page.get_by_label("Password").first.fill(password)
            page.get_by_role("button", name=re.compile("log in", re.IGNORECASE)).click()
            page.get_by_role("heading", name="Home", level=1).wait_for()
            return page

        yield log_in
        chromium.close()
    assert faults == []


def test_two_people_click_from_data_to_a_verdict(platform_up: Platform, browser_of: Browser, tmp_path: Path) -> None:
    """Upload, train, watch, approve in another browser, generate, look, download, verify: ours."""
    sam = browser_of("admin", platform_up.home.password_file.read_text().strip())
    bring_data(sam, pictures(tmp_path / "strokes.zip"))
    train(sam)
    finished_without_reload(sam)
    sam.get_by_role("main").get_by_role("link", name=re.compile(r"^strokes-gan")).first.click()
    assert sam.get_by_role("button", name="Approve", exact=True).count() == 0  # four eyes
    said = manage(platform_up.home, "adduser", "paul", "--project", "studio", "--role", "reviewer")
    paul = browser_of("paul", said.rpartition(" ")[2])
    approve(paul, sam.url)
    sam.reload()
    generate(sam)
    verified(sam, downloaded(sam, tmp_path))


def pictures(path: Path) -> Path:
    """A zip of strokes at different places."""
    with zipfile.ZipFile(path, "w") as held:
        for number in range(PICTURES):
            picture, out = Image.new("L", (SIZE_PX, SIZE_PX)), io.BytesIO()
            ImageDraw.Draw(picture).line(
                (number % 13, 2, 15 - number % 11, 13), fill=255 - number, width=1 + number % 3
            )
            picture.save(out, "PNG")
            held.writestr(f"{number % 2}/{number}.png", out.getvalue())
    return path


def bring_data(page: Any, file: Path) -> None:
    """Declare a data set and upload its file; wait until it was read."""
    page.get_by_role("link", name="Data", exact=True).click()
    page.goto("/catalog/dataset/add/?modality=image")
    page.get_by_label("Name").first.fill("strokes")
    page.get_by_label(re.compile("^Source")).fill("drawn for this test")
    page.get_by_label(re.compile("^Licen[cs]e")).first.fill("CC0-1.0")
    page.get_by_label(re.compile("^Legal basis")).fill("none needed")
    page.locator("[name=option_size]").fill(str(SIZE_PX))
    page.locator("[name=option_channels]").select_option("grey")
    page.get_by_label(re.compile("^File")).set_input_files(file)
    page.locator("[data-part=arrived]:not([hidden])").wait_for()
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_role("link", name="Train on it").wait_for()


def train(page: Any) -> None:
    """Data, method, parameters, and off."""
    page.get_by_role("link", name="Train on it").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("DCGAN")).first.click()
    for details in page.locator("details.km-more").all():
        details.evaluate("one => one.open = true")
    for name, value in TINY.items():
        page.locator(f"[name=param_{name}]").fill(str(value))
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").first.fill("strokes-gan")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/jobs/job/[0-9a-f-]{36}/change/"))


def finished_without_reload(page: Any) -> None:
    """The page itself comes to say that the job has succeeded."""
    page.get_by_text("Succeeded", exact=False).first.wait_for()
    page.get_by_role("heading", name="Result", exact=True).wait_for()


def approve(page: Any, model: str) -> None:
    """The second person, from the home page to the decision."""
    page.goto(model)
    page.get_by_label("Comment").first.fill("Looked at the strokes.")
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_text("Approved", exact=False).first.wait_for()


def generate(page: Any) -> None:
    """From the page of the model to what was made."""
    page.get_by_role("main").get_by_role("link", name="Generate").click()
    page.locator("[name=param_count]").fill("6")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="Look at what was made").click()
    page.locator("#tiles a").first.click()


def downloaded(page: Any, folder: Path) -> Path:
    """The original of the picture that is shown."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Original").click()
    path = folder / "back.png"
    waiting.value.save_as(path)
    return path


def verified(page: Any, file: Path) -> None:
    """Handed back under another name, it is known again; a chosen file is sent at once."""
    page.get_by_role("link", name="Verify", exact=True).click()
    page.get_by_label(re.compile("^File")).set_input_files(file)
    page.get_by_text("byte for byte an artifact of this platform").first.wait_for()
