"""Lists of a million rows: as many questions to the database as of a thousand, and hardly more work within it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests import builders
from tests.api.million import Things, at, fill

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FEW, MANY = 1_000, 1_003_540  # apart by a multiple of all that recurs: the newest rows of both are alike
TIMES = 1.3
EACH_STEPS = 10
DEEPER = 12  # blocks a row: what hangs on it lies in a few blocks where there are a thousand, else behind four indexes
PEOPLE = ("superuser", "member of one", "member of two")
JOBS = (
    {}, {"order": "created_at"}, {"kind": "train"}, {"kind": "train", "order": "created_at"}, {"state": "failed"},
    {"state": "running"}, {"state": "failed,queued"}, {"state": "queued", "kind": "generate"}, {"project": "first"},
    {"project": "first", "kind": "verify"}, {"project": "first", "state": "succeeded"}, {"window": "nights"},
    {"window": "nights", "state": "held"}, {"schedule": "SCHEDULE"}, {"name": "of many"}, {"model": "MODEL"},
    {"model": "MODEL", "state": "failed"}, {"created_after": "200"}, {"created_before": "600"},
    {"created_after": "200", "created_before": "600", "kind": "evaluate"},
)  # fmt: skip
ARTIFACTS = (
    {}, {"order": "created_at"}, {"job": "JOB"}, {"model_version": "VERSION"}, {"model_version": "many@3"},
    {"sha256": "the same"}, {"project": "first"}, {"created_after": "200", "created_before": "600"},
    {"job": "JOB", "model_version": "VERSION"},
)  # fmt: skip
EVENTS = (
    {}, {"order": "at"}, {"verb": "job.queued"}, {"actor": "rita"}, {"subject": "subject 20"}, {"subject_kind": "job"},
    {"project": "first"}, {"since": "200", "until": "600"}, {"verb": "job.queued", "actor": "robot"},
    {"subject_kind": "job", "subject": "subject 20", "project": "first"},
)  # fmt: skip
LISTS = [
    *(("jobs", said) for said in JOBS),
    *(("artifacts", said) for said in ARTIFACTS),
    *(("audit/events", said) for said in EVENTS),
]
NAMES = [f"{place}?{urlencode(said, safe=',')}" for place, said in LISTS]


@dataclass(frozen=True)
class Cost:
    """Questions to the database, and the work within it: steps of SQLite's machine, or buffers of PostgreSQL."""

    queries: int
    work: int
    rows: int


Costs = dict[tuple[str, str], Cost]


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Costs, Costs]]:
    """What each list costs each person: with few rows, and with many. All of the rows are taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = {name: builders.person(name.replace(" ", "-"), is_superuser=name == "superuser") for name in PEOPLE}
        homes = builders.project("first", owner=people["member of two"]), builders.project("second")
        homes[1].members.add(people["member of two"], through_defaults={"role": "viewer"})
        homes[0].members.add(people["member of one"], through_defaults={"role": "viewer"})
        if connection.vendor == "postgresql":  # a million foreign keys would be checked after each test
            connection.cursor().execute("SET LOCAL session_replication_role = replica")
        things = Things.make(homes, people["superuser"])
        fill(things, 0, FEW)
        few = _looked_at(people, things)
        fill(things, FEW, MANY)
        many = _looked_at(people, things)
        yield few, many
        transaction.set_rollback(True)


def _looked_at(people: dict[str, User], things: Things) -> Costs:
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE")
    found = {}
    for name, person in people.items():
        client = builders.client(person)
        for place, (path, said) in zip(NAMES, LISTS, strict=True):
            address = f"/api/v1/{path}?{urlencode({**_meant(said, things), 'limit': '5' if len(said) > 1 else '20'})}"
            client.get(address)  # what a process remembers is remembered
            found[place, name] = _cost(client, address)
    return found


def _meant(said: dict[str, str], things: Things) -> dict[str, str]:
    ids = {
        "SCHEDULE": things.schedule.pk, "MODEL": things.model.pk, "JOB": things.maker.pk,
        "VERSION": things.versions[1].pk,
    }  # fmt: skip
    moment = ("created_after", "created_before", "since", "until")
    return {
        name: at(int(value)).isoformat() if name in moment else str(ids.get(value, value))
        for name, value in said.items()
    }


def _cost(client: Client, address: str) -> Cost:
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    connection.ensure_connection()
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(step, EACH_STEPS)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(None, 0)
    assert answer.status_code == 200, (address, answer.content)
    work = steps[0] * EACH_STEPS if connection.vendor == "sqlite" else _buffers([one["sql"] for one in asked])
    return Cost(len(asked), work, len(answer.json()["results"]))


def _buffers(queries: list[str]) -> int:
    """Blocks of 8 kB that the questions look at, each asked once more."""
    found = 0
    with connection.cursor() as cursor:
        for query in queries:
            if query.startswith("SELECT"):
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}".replace("%", "%%"), None)
                said = cursor.fetchone()[0]
                plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
                found += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return found


@pytest.mark.parametrize("person", PEOPLE)
def test_a_list_of_a_million_asks_as_many_questions(person: str, costs: tuple[Costs, Costs]) -> None:
    both = {place: tuple(one[place, person] for one in costs) for place in NAMES}
    found = {place: said for place, said in both.items() if len({(one.queries, one.rows) for one in said}) > 1}
    assert found == {}


@pytest.mark.parametrize("person", PEOPLE)
def test_a_list_of_a_million_is_hardly_more_work(person: str, costs: tuple[Costs, Costs]) -> None:
    both = {place: tuple(one[place, person] for one in costs) for place in NAMES}
    free = DEEPER if connection.vendor == "postgresql" else 0
    found = {
        place: said
        for place, said in both.items()
        if said[1].work > TIMES * said[0].work + free * max(said[1].rows, 10)
    }
    assert found == {}
