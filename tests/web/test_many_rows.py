"""Lists of very many rows: as many questions to the database as with few, and hardly more work within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks.many_rows import PAGES, Amounts, fill
from tests import builders

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FEW, MANY = Amounts().part(0.1), Amounts()
PEOPLE = ("root", "rita", "sees two projects")
EACH_STEPS = 1000
TIMES = 4  # the work of a page with ten times the rows, at most
FREE = {"sqlite": 600_000, "postgresql": 15_000}  # steps, rows: what is bounded by our own limits costs so much once
FORECASTS = ("/", "/cards/seldom/", "/jobs/digestmail/")  # of some jobs, each with thousands of others before it
OF_MANY_MODELS = ("/catalog/modelversion/",)  # the versions of one project are sorted by what they are


@dataclass(frozen=True)
class Cost:
    """Questions to the database, and the work within it: steps of SQLite's machine, or rows that PostgreSQL touched."""

    queries: int
    work: int


Costs = dict[tuple[str, str], Cost]


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: Any) -> tuple[Costs, Costs]:
    """What each page costs each person: with few rows, and with many. All of the rows are taken back."""
    patched = pytest.MonkeyPatch()
    patched.setattr("desk.trouble.signs.KEPT_S", 0.0)
    patched.setattr("catalog.plugins.KEPT_S", 3600.0)  # what a process remembers is remembered
    with django_db_blocker.unblock(), transaction.atomic():
        people = _people()
        home = builders.project("many", submitter=people["rita"], owner=people["sees two projects"])
        home.membership_set.filter(user=people["rita"]).update(role="reviewer")
        builders.project("second", owner=people["sees two projects"])
        fill(home, people["root"], FEW, batch=1)
        few = _looked_at(people)
        fill(home, people["root"], MANY, batch=2)
        if connection.vendor == "postgresql":
            connection.cursor().execute("ANALYZE")
        many = _looked_at(people)
        transaction.set_rollback(True)
    patched.undo()
    return few, many


def _people() -> dict[str, User]:
    return {name: builders.person(name, is_staff=True, is_superuser=name == "root") for name in PEOPLE}


def _looked_at(people: dict[str, User]) -> Costs:
    found = {}
    for name, person in people.items():
        browser = Client()
        browser.force_login(person)
        for page in PAGES:
            browser.get(page)  # what a process remembers is remembered
            found[page, name] = _cost(browser, page)
    return found


def _cost(browser: Client, page: str) -> Cost:
    connection.ensure_connection()
    before, steps = _rows_touched(), [0]

    def step() -> int:
        steps[0] += 1
        return 0

    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(step, EACH_STEPS)
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(page)
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(None, 0)
    assert answer.status_code in (200, 204), page
    return Cost(len(queries), steps[0] * EACH_STEPS if connection.vendor == "sqlite" else _rows_touched() - before)


def _rows_touched() -> int:
    """Of this transaction, on PostgreSQL."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0] or 0)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_more_questions_of_many_rows(page: str, person: str, costs: tuple[Costs, Costs]) -> None:
    few, many = (one[page, person] for one in costs)
    assert many.queries <= few.queries


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_hardly_more_of_many_rows(page: str, person: str, costs: tuple[Costs, Costs]) -> None:
    few, many = (one[page, person] for one in costs)
    free = FREE[connection.vendor] * (4 if page in FORECASTS else 2 if page in OF_MANY_MODELS else 1)
    assert many.work <= TIMES * few.work + free
