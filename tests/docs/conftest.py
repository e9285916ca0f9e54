"""One whole platform for all documents: real Valkey, web process, workers and engines, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.demo_platform import ready_url
from deploy.home import ROOT, Home
from tests.docs.sitting import Sitting

Sit = Callable[[Path], Sitting]


@pytest.fixture(scope="session")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, str]]:
    """Its home and its address; stopped by SIGTERM at the end."""
    home = Home(tmp_path_factory.mktemp("documents") / "home")
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("KILNMARK_", "DJANGO_"))}
    outer |= {"KILNMARK_HOME": str(home.path), "KILNMARK_HEAD_EVERY_S": "1", "KILNMARK_WEBHOOKS_PRIVATE": "1"}
    said = subprocess.DEVNULL
    subprocess.run([sys.executable, "-m", "deploy.preparation"], cwd=ROOT, env=outer, check=True, stdout=said)
    with (home.logs / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.supervisor", "up"], cwd=ROOT, env=outer, stdout=log, stderr=log
        )
    try:
        yield home, ready_url(home, supervisor)
    finally:
        supervisor.terminate()
        supervisor.wait(90)


@pytest.fixture
def sitting(running_platform: tuple[Home, str], tmp_path: Path) -> Iterator[Sitting]:
    """A reader before an empty shell."""
    home, url = running_platform
    made = Sitting(tmp_path, home.path, url)
    yield made
    made.close()
