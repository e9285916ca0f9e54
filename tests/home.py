"""A home of its own for each test run, made before Django reads its settings (pyproject.toml loads this plug-in).

The database is SQLite in that home; KILNMARK_TEST_DATABASE=postgresql takes a PostgreSQL server of the run instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

from models_store.keys import create_keyring
from tests import postgres

HOME = Path(tempfile.mkdtemp(prefix="kilnmark-tests-"))
MEANT_FOR_A_REAL_ONE = ("DATABASE_URL", "STORE_URL", "BROKER_URL", "KILNMARK_KEYS", "KILNMARK_SECRET_KEY")
WHOLE = {"story", "faults", "deploy"}  # folders of tests that start programs with the run's database
ALIKE = {  # what is sent is read alike on any, and so is what is shown
    "browser", "client", "schema", "test_access_matrix", "test_forecast_calibration", "test_hostile_forms",
    "test_openapi", "test_role_matrix",
}  # fmt: skip
ASKED = os.environ.get("KILNMARK_TEST_DATABASE", "sqlite")  # kept: processes that share the work ask again
if ASKED not in {"sqlite", "postgresql"}:
    raise SystemExit(f"KILNMARK_TEST_DATABASE: expected sqlite or postgresql; got {ASKED!r}.")

for name in MEANT_FOR_A_REAL_ONE:
    os.environ.pop(name, None)
os.environ["KILNMARK_HOME"] = str(HOME)
os.environ["KILNMARK_MEASURE_S"] = "0"  # a test that wants paths measured says so
(HOME / "secret-key").write_text(secrets.token_hex(32))
create_keyring(HOME / "keys")
for folder in ("run", "static", "logs"):
    (HOME / folder).mkdir()

PROGRAMS = postgres.binaries() if ASKED == "postgresql" else None
SERVER = postgres.Server(PROGRAMS) if PROGRAMS else None
if SERVER:
    os.environ["DATABASE_URL"] = SERVER.url()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the server that was asked for, every test is skipped by name; none silently runs on another one.

    A second database is only for tests that have one: the others are the same on any, and are left to the first run.
    """
    if ASKED != "postgresql":
        return
    away = [item for item in items if not _has_database(item)]
    items[:] = [item for item in items if _has_database(item)]
    config.hook.pytest_deselected(items=away)
    if not SERVER:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="PostgreSQL is not installed here (postgres, initdb)"))


def _has_database(item: pytest.Item) -> bool:
    """Whether a test asks for rows, or starts a whole platform or programs of it."""
    if ALIKE & {item.path.parent.name, item.path.stem}:
        return False
    asked = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
    return bool(asked) or item.get_closest_marker("django_db") is not None or item.path.parent.name in WHOLE


def pytest_unconfigure() -> None:
    """Nothing is left behind."""
    if SERVER:
        SERVER.stop()
    shutil.rmtree(HOME, ignore_errors=True)
