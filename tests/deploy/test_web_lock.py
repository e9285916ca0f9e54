"""The web side runs on the packages of its lock alone."""

from __future__ import annotations

import os
import subprocess
import sys

from deploy.home import ROOT

LOCK = ROOT / "requirements-web.lock"
HEAVY = {"torch", "onnx", "onnxruntime", "numpy", "scikit-learn", "pillow", "c2pa-python"}
# the finder hides every distribution that the lock does not list, as if it were not installed
START = """
import os, re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

lines = Path("requirements-web.lock").read_text().splitlines()
listed = {plain(line.partition("==")[0]) for line in lines if "==" in line}
hidden = {top for top, dists in packages_distributions().items() if not {plain(dist) for dist in dists} & listed}
hidden -= set(sys.stdlib_module_names)

class Hides:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}: it is not in the lock", name=name)

for name in [name for name in sys.modules if name.partition(".")[0] in hidden]:
    del sys.modules[name]
sys.meta_path.insert(0, Hides())
sys.path[:0] = ["platform", "."]
import django
django.setup()
import config.asgi
from django.urls import get_resolver
list(get_resolver().reverse_dict)
from importlib import import_module
for path in set(Path("models_store").glob("[a-z]*.py")) - {Path("models_store/pkcs11_signer.py")}:
    import_module(f"models_store.{path.stem}")  # that one is for whoever installs python-pkcs11
for path in Path("platform").glob("*/management/commands/[a-z]*.py"):
    import_module(".".join(path.with_suffix("").parts[1:]))
for name in ("uvicorn.main", "uvicorn.protocols.http.httptools_impl", "kombu.transport.redis", "psycopg", "tzdata"):
    import_module(name)
print("complete")
"""


def test_the_web_side_loads_with_nothing_but_its_lock() -> None:
    seen = os.environ | {"KILNMARK_SECRET_KEY": "a key for this test", "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run([sys.executable, "-c", START], cwd=ROOT, env=seen, capture_output=True, text=True)
    assert ended.stdout == "complete\n", ended.stderr


def test_nothing_heavy_is_in_the_lock_of_the_web_side() -> None:
    listed = {line.partition("==")[0].lower() for line in LOCK.read_text().splitlines() if "==" in line}
    assert not HEAVY & listed


def test_a_package_is_in_one_lock_only() -> None:
    names = [
        line.partition("==")[0].lower()
        for lock in ("requirements-web.lock", "requirements.lock", "requirements-dev.lock")
        for line in (ROOT / lock).read_text().splitlines()
        if "==" in line
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []
