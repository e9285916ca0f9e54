"""The folder `platform/` must never hide Python's own module `platform`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STANDARD = Path(sysconfig.get_paths()["stdlib"]) / "platform.py"
SHOW = "import platform; print(platform.__file__)"


def shown(*command: str) -> Path:
    """The last line that a Python program prints, as a path."""
    seen = os.environ | {"KILNMARK_SECRET_KEY": "a key for this test"}
    ended = subprocess.run([sys.executable, *command], cwd=ROOT, env=seen, capture_output=True, text=True, check=True)
    return Path(ended.stdout.strip().splitlines()[-1])


def test_platform_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_no_folder_of_the_tests_is_called_platform() -> None:
    assert not [path for path in (ROOT / "tests").rglob("platform") if path.is_dir()]


def test_pytest_sees_the_standard_module() -> None:
    assert Path(platform.__file__).samefile(STANDARD)


@pytest.mark.parametrize(
    "command",
    [
        ("-c", SHOW),
        ("-c", f"import workers.app; {SHOW}"),
        ("manage.py", "shell", "--no-imports", "-c", SHOW),
        ("-c", f"import sys; sys.path.insert(0, 'platform'); {SHOW}"),
    ],
    ids=["checkout", "celery", "manage.py", "source root"],
)
def test_programs_see_the_standard_module(command: tuple[str, ...]) -> None:
    assert shown(*command).samefile(STANDARD)
