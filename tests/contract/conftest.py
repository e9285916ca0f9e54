"""What the tests of the contracts share: the toy plug-ins, and what costs enough to be made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.toys.attempts import SHADES, ingested, pictures, trained
from tests.contract.toys.plugged import plugged
from tests.english_like import english_like

Place = dict[str, str]


@pytest.fixture(scope="module")
def toys_installed() -> Iterator[None]:
    """The toy plug-ins can be found like those of any package that is installed."""
    with plugged():
        yield


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where data sets and bundles lie that several files of tests use."""
    return tmp_path_factory.mktemp("toys")


@pytest.fixture(scope="session")
def dark(kept: Path) -> Place:
    """Dark pictures."""
    return pictures(kept / "dark", {"dark": SHADES["dark"]}, seed=1)


@pytest.fixture(scope="session")
def light(kept: Path) -> Place:
    """Light pictures."""
    return pictures(kept / "light", {"light": SHADES["light"]}, seed=2)


@pytest.fixture(scope="session")
def dark_model(kept: Path, dark: Place, light: Place) -> Place:
    """Makes dark pictures."""
    with plugged():
        return trained(kept / "dark model", "toy_pair", {"data_a": dark, "data_b": light}, steps=150)


@pytest.fixture(scope="session")
def light_model(kept: Path, dark: Place, light: Place) -> Place:
    """Makes light pictures."""
    with plugged():
        return trained(kept / "light model", "toy_pair", {"data_a": light, "data_b": dark}, steps=150)


@pytest.fixture(scope="session")
def letters_model(kept: Path) -> Place:
    """Makes texts, letter by letter."""
    upload = kept / "tales.txt"
    upload.write_text(english_like(1, 4000), encoding="utf-8")
    with plugged():
        data = ingested(kept / "letters", "text", upload, length=16)
        return trained(kept / "letters model", "toy_letters", {"data": data}, steps=20)
