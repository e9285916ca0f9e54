"""Which tests run on PostgreSQL, too."""

from __future__ import annotations

import pytest

from tests.home import _has_database


def test_a_test_that_asks_for_no_rows_runs_once(request: pytest.FixtureRequest) -> None:
    assert not _has_database(request.node)


def test_a_test_that_asks_for_rows_runs_on_both(db: None, request: pytest.FixtureRequest) -> None:
    assert _has_database(request.node)
