"""Who may import whom: the contracts of pyproject.toml, and what a web process really loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys
sys.path[:0] = ["platform", "."]
import django
django.setup()
import config.asgi
from django.urls import get_resolver
list(get_resolver().reverse_dict)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A program in the checkout, its output kept."""
    seen = os.environ | {"KILNMARK_SECRET_KEY": "a key for this test", "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(command, cwd=ROOT, env=seen | more, capture_output=True, text=True)


def test_import_contracts_hold() -> None:
    lint = str(Path(sys.executable).with_name("lint-imports"))
    ended = run(lint, "--no-cache", PYTHONPATH=os.pathsep.join(["platform", ".", "client"]))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_web_process_loads_nothing_of_the_compute_side() -> None:
    ended = run(sys.executable, "-c", LOADED)
    assert ended.returncode == 0, ended.stderr
    assert not {"torch", "onnxruntime", "workers"} & set(ended.stdout.split())


def test_a_worker_parent_does_not_load_torch() -> None:
    ended = run(sys.executable, "-c", "import sys, workers.app; print(*sys.modules)")
    assert ended.returncode == 0, ended.stderr
    assert not {"torch", "onnxruntime"} & set(ended.stdout.split())
