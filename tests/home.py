"""A home of its own for each test run, made before Django reads its settings (pyproject.toml loads this plug-in)."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from models_store.keys import create_keyring

HOME = Path(tempfile.mkdtemp(prefix="kilnmark-tests-"))
MEANT_FOR_A_REAL_ONE = ("DATABASE_URL", "STORE_URL", "BROKER_URL", "KILNMARK_KEYS", "KILNMARK_SECRET_KEY")

for name in MEANT_FOR_A_REAL_ONE:
    os.environ.pop(name, None)
os.environ["KILNMARK_HOME"] = str(HOME)
(HOME / "secret-key").write_text(secrets.token_hex(32))
create_keyring(HOME / "keys")
for folder in ("run", "static", "logs"):
    (HOME / folder).mkdir()


def pytest_unconfigure() -> None:
    """Nothing is left behind."""
    shutil.rmtree(HOME, ignore_errors=True)
