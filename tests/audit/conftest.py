"""A keyring for the tests of the log."""

from __future__ import annotations

import pytest

from models_store.keys import Keyring, create_keyring


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Made once; tests do not change it."""
    return create_keyring(tmp_path_factory.mktemp("log") / "keys")
