"""What the documents name exists, and what a person may set is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")
TOP = r"(?:platform|workers|models_store|client|deploy|docs|tests|benchmarks|\.ci)"
NAMED = re.compile(rf"(?<![\w/.-])({TOP}/[\w./-]*\w/?|[A-Z]+\.md|requirements[\w-]*\.lock|pyproject\.toml)(?![\w*<{{])")
READS = re.compile(r"""env\.\w+\(\s*["'](\w+)["']""")


def named(document: Path) -> set[str]:
    """The files and folders of the repository that a document names in code spans and links."""
    text = document.read_text(encoding="utf-8")
    spans = re.findall(r"`([^`\n]+)`|\]\(([^)#\s]+)", text)
    return {found for code, link in spans for found in NAMED.findall(code or link)}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if (ROOT / name).exists()])
def test_every_file_that_a_document_names_exists(name: str) -> None:
    assert not sorted(path for path in named(ROOT / name) if not (ROOT / path).exists())


def test_every_setting_is_documented() -> None:
    settings = (ROOT / "platform" / "config" / "settings.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not sorted(name for name in READS.findall(settings) if f"`{name}`" not in readme)


def test_every_setting_of_the_readme_can_be_said_to_the_containers() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    rows = {
        name for row in re.findall(r"^\| (`[A-Z].*?) \|", readme, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    places = {"KILNMARK_HOME", "KILNMARK_KEYS"}  # which a container has from its volumes
    assert len(rows) > 30
    assert not sorted(name for name in rows - places if name not in compose)


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_every_locked_package_is_explained(lock: str) -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    packages = [line.partition("==")[0].lower() for line in lines if "==" in line]
    assert not [package for package in packages if f"`{package}`" not in text]
