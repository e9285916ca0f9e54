"""Two looks at a platform tell what was used and written between them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.at_rest import DATABASE, Look, Use
from benchmarks.topics.idle_platform import BEATS, figures


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home with beats, jobs, a log and the broker's own."""
    write(tmp_path, "CREATE TABLE jobs_listener (at)", "CREATE TABLE jobs_job (id)")
    (tmp_path / "valkey").mkdir()
    for name in ("web.log", "valkey/aof"):
        (tmp_path / name).write_text("")
    return tmp_path


def write(place: Path, *statements: str) -> None:
    """Into its database."""
    with closing(sqlite3.connect(place / DATABASE)) as rows, rows:
        for one in statements:
            rows.execute(one)


def told(place: Path, *statements: str, file: str = "") -> dict[str, float]:
    """The figures of ten seconds in which this was written."""
    before = Look.at(place, {"web": os.getpid()})
    write(place, *statements)
    if file:
        (place / file).write_text("more")
    after = Look.at(place, {"web": os.getpid()})
    return {name: one.value for name, one in figures(before, after, 10.0).items()}


def test_beats_are_no_change(place):
    found = told(place, f"INSERT INTO {BEATS[0]} VALUES (1)", file="valkey/aof")
    assert (found["tables changed beside beats"], found["files changed beside beats"]) == (0, 0)


def test_a_row_beside_beats_is_named(place):
    assert told(place, "INSERT INTO jobs_job VALUES (1)")["tables changed beside beats: jobs_job"] == 1


def test_a_file_that_grows_is_named(place):
    assert told(place, file="web.log")["files changed beside beats: web.log"] == 1


def test_shares_are_cpu_seconds_over_the_time():
    before, after = (Look({"web": Use(own, 36.0, 0)}, {}, {}) for own in (1.0, 1.5))
    found = figures(before, after, 100.0)
    assert found["web"].value == pytest.approx(0.5)
    assert found["announcing plug-ins, spread over the hour"].value == pytest.approx(1.0)
    assert found["all together"].value == pytest.approx(1.5)
