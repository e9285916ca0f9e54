"""A supervisor in a process of its own over a table of small real programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from supervised import DRIVER, Start

from deploy.home import ROOT, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Starts a supervisor over rows of the process table; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(rows: list[dict[str, Any]]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", DRIVER, str(home.path), json.dumps(rows)]
        one = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
        started.append(one)
        return one

    yield run
    for one in started:
        if one.poll() is None:
            one.send_signal(signal.SIGKILL)
        one.wait()
        one.stdout.close()
