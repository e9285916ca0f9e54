"""How policies are found, and that nobody pays for them who has none."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from audit import policies as found
from audit.policies.cap_count import CapCount
from models_store.errors import InvalidInput, NotFound
from tests.home import HOME

QUIET = """
import os, sys
sys.path[:0] = ["platform", "."]
os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "KILNMARK_HOME": sys.argv[1]}
import django
django.setup()
from jobs import claim, submission, policies
from desk import admin
from desk.words import sentences
from api import urls
assert sentences.in_language("waits for a free worker")
sys.exit("pydantic" in sys.modules)
"""


def test_no_process_loads_policies_before_there_is_one() -> None:
    ended = subprocess.run([sys.executable, "-c", QUIET, str(HOME)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_every_file_of_the_folder_is_a_policy_by_its_name() -> None:
    assert {cls.__module__.rpartition(".")[2] for cls in found.policies().values()} == set(found.policies())


def test_a_name_taken_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(group: str) -> list[Any]:
        return [SimpleNamespace(load=lambda: CapCount)] if group == "kilnmark.policy" else []

    monkeypatch.setattr(found.importlib.metadata, "entry_points", installed)
    with pytest.raises(InvalidInput, match="cap_count"):
        found.policies.__wrapped__()


def test_an_unknown_policy_names_those_there_are() -> None:
    with pytest.raises(NotFound) as unknown:
        found.policy("no_such")
    assert "cap_count" in unknown.value.expected
