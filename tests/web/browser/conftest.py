"""Real Chromium and the real web process: its server, gate, event streams, static files, in a thread of the run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from accounts.models import User
from tests.served import served as a_web_process

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder needs a browser and rows that other threads see."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@pytest.fixture(scope="session")
def static_files() -> None:
    """Scripts and styles as set-up collects them."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def served(transactional_db: None, static_files: None) -> Iterator[str]:
    """The address of the web process."""
    with a_web_process() as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a file of tests; every person has a context of their own.

    Playwright runs an event loop in this thread: Django would refuse every query of the tests in it, and no test of
    another file is to meet it.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patched, playwright.sync_playwright() as browsers:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_of(served: str, chromium: Any) -> Iterator[Callable[..., Any]]:
    """`page_of(user, language="en", width=1280, dark=False)`: a page of a browser in which the person is logged in.

    At the end of the test no page may have had an uncaught error of a script.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def make(user: User | None, *, language: str = "en", width: int = 1280, dark: bool = False) -> Any:
        context = chromium.new_context(
            base_url=served,
            viewport={"width": width, "height": 844 if width < 700 else 800},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        cookies = [{"name": "django_language", "value": language, "url": served}]
        if user is not None:
            cookies.append({"name": "sessionid", "value": session_of(user), "url": served})
        context.add_cookies(cookies)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def session_of(user: User) -> str:
    """The key of a fresh session, as after a login."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
