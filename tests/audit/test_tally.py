"""Counts wait in memory, become rows in one statement, and nobody can fill memory or table with them."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from audit import tally
from audit.models import HourlyCount
from audit.tally import Tally, Writer

pytestmark = pytest.mark.django_db
JOB, PROJECT = ("job", "7"), "0190aaaa-1111-7111-8111-000000000001"


def read(counts: Tally, number: int = 0, actor: str = "ada") -> None:
    """One artifact of a job is read."""
    counts.note(actor=actor, verb="artifact.read", subject=("artifact", str(number)), project=PROJECT, within=JOB)


def rows() -> dict[tuple[str, str], int]:
    return {(row.subject_kind, row.subject_id): row.count for row in HourlyCount.objects.all()}


def test_counting_asks_nothing_of_the_database() -> None:
    counts = Tally()
    with CaptureQueriesContext(connection) as asked:
        for number in range(60):
            read(counts, number)
    assert len(asked.captured_queries) == 0


def test_what_was_counted_is_added_to_the_row_of_the_hour() -> None:
    counts = Tally()
    for _ in range(3):
        read(counts)
    assert (counts.flush(), counts.flush()) == (1, 0)
    read(counts)
    counts.flush()
    assert rows() == {("artifact", "0"): 4}


def test_two_processes_add_to_one_row() -> None:
    for counts in (Tally(), Tally()):
        read(counts)
        counts.flush()
    assert rows() == {("artifact", "0"): 2}


def test_each_person_has_a_row_of_its_own() -> None:
    counts = Tally()
    read(counts, actor="ada")
    read(counts, actor="bob")
    counts.flush()
    assert sorted(HourlyCount.objects.values_list("actor", "count")) == [("ada", 1), ("bob", 1)]


def test_beyond_so_many_artifacts_of_a_person_their_job_is_counted_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tally, "MOST_SUBJECTS", 3)
    counts = Tally()
    for number in range(10):
        read(counts, number)
    read(counts, 1)
    counts.flush()
    assert rows() == {("artifact", "0"): 1, ("artifact", "1"): 2, ("artifact", "2"): 1, JOB: 7}


def test_rows_of_a_person_are_bounded_whatever_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_SUBJECTS", 3)
    counts = Tally()
    for number in range(50):
        counts.note(
            actor="eve", verb="artifact.read", subject=("artifact", str(number)), project=PROJECT,
            within=("job", str(number)),
        )  # fmt: skip
    counts.flush()
    assert len(rows()) == 7
    assert rows()["project", PROJECT] == 44


def test_the_next_hour_tells_subjects_apart_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_SUBJECTS", 1)
    counts = Tally()
    read(counts, 1)
    counts.flush()  # the first of this hour forgets what was known
    read(counts, 2)
    counts.flush()
    assert ("artifact", "2") in rows()


def test_what_could_not_be_written_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Tally()
    read(counts)

    def fails(*_: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as broken:
        broken.setattr(tally, "_add", fails)
        with pytest.raises(DatabaseError):
            counts.flush()
    read(counts)
    counts.flush()
    assert rows() == {("artifact", "0"): 2}


def test_counts_of_many_threads_are_all_there() -> None:
    counts = Tally()
    threads = [threading.Thread(target=lambda: [read(counts) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.flush()
    assert rows() == {("artifact", "0"): 2000}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_writes_what_is_left() -> None:
    counts = Tally()
    writer = Writer(counts)
    writer.start()
    read(counts)
    writer.stop()
    assert rows() == {("artifact", "0"): 1}
