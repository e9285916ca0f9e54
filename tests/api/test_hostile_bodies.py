"""Whatever is sent to whatever route: refused with a code, and nothing told of what lies inside.

The routes are those that the resolver has, so a new one is tried without a row of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache as throttles
from django.db import transaction
from django.test import Client

from api.parsers import Malformed, _object
from tests.api.access_rows import PLACES, ROWS
from tests.api.access_scene import Scene, scene
from tests.api.hostile import JSON, PATHS, QUERIES, RAW, VALUES
from tests.api.test_access_matrix import API, filled, served

pytestmark = pytest.mark.django_db
CHANGES = ("POST", "PUT", "PATCH")
INSIDE = re.compile(
    rb"Traceback|site-packages|/(tmp|work|home|root|dev)/|\.py\b|SELECT |INSERT INTO|UPDATE |DELETE FROM|"
    rb"sqlite|psycopg|postgres|Error\(|Exception|<class|object at 0x|django|rest_framework|jobs_job|accounts_"
)
PROBLEM = "application/problem+json"
EVERYWHERE = (  # to every route; of the others, which meet the same lines of the parser, each route gets some
    "no JSON", "a name twice", "NaN", "101 levels", "UTF-16", "a NUL byte", "an escaped NUL", "half a surrogate pair",
    "a list", "an unknown field", "a text type", "JSON compressed", "a form without a boundary",
)  # fmt: skip
SHARE = 6
TAKE_BYTES = ("PATCH uploads/<uuid:id>",)  # no JSON, but what an upload is made of


@pytest.fixture(scope="module")
def there(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One of everything, for all tests of this file: each call is rolled back, and the whole at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield scene()
        transaction.set_rollback(True)


def routes(*methods: str) -> list[tuple[str, str]]:
    """Method and route below /api/v1 of each that is served."""
    split = (tuple(name.split(" ", 1)) for name in served())
    return sorted((method, route) for method, route in split if method in methods and not route.startswith("/"))


def address(route: str, things: dict[str, str]) -> str:
    """Where the route lies for the things that there are; for an unknown part, for one of some thing."""
    start = max((one for one in PLACES if route.startswith(one)), key=len, default="")
    known = {"number": "1", "step": "200", "picture": "preview"}
    known |= {part: things[thing] for part, thing in PLACES.get(start, {}).items()}
    return f"/{API}" + re.sub(r"<\w+:(\w+)>", lambda part: known.get(part[1], things["project"]), route)


def asked(client: Client, method: str, path: str, body: Any = b"", kind: str = JSON, **headers: Any) -> Any:
    """The answer; what came of it is taken back."""
    throttles.clear()
    with transaction.atomic():
        answer = client.generic(method, path, body, content_type=kind, **headers)
        answer.told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer


def wrong(answer: Any, *, refused: bool) -> str:
    """What is wrong with an answer; nothing where all is well."""
    said = f"{answer.status_code} {answer.told[:300]!r}"
    if answer.status_code >= 500 or (refused and answer.status_code < 400):
        return said
    if answer.status_code < 400:
        return ""
    if answer.headers["Content-Type"] != PROBLEM or not answer.json()["code"]:
        return f"no problem: {said}"
    echo = json.dumps(answer.json().get("got", "")).encode()
    told = answer.told.replace(echo, b"")
    if found := INSIDE.search(told):
        return f"tells {found[0]!r}: {said}"
    if any("\r" in value or "\n" in value for value in answer.headers.values()):
        return f"a header of two lines: {answer.headers}"
    return ""


@pytest.mark.parametrize("name", RAW)
def test_a_body_that_is_none_is_refused_everywhere(name: str, there: Scene) -> None:
    client, (body, kind, headers), found = there.client("root"), RAW[name], []
    tried = [one for one in routes(*CHANGES) if " ".join(one) not in TAKE_BYTES]
    for method, route in tried if name in EVERYWHERE else tried[list(RAW).index(name) % SHARE :: SHARE]:
        fault = wrong(asked(client, method, address(route, there.home), body, kind, **headers), refused=True)
        found += [f"{method} {route}: {fault}"] if fault else []
    assert found == []


@pytest.mark.parametrize("share", [SHARE, pytest.param(1, marks=pytest.mark.api_long)])
def test_no_value_of_any_field_is_a_fault_of_the_platform(there: Scene, share: int) -> None:
    """Each value in each `share`th field, and in each field in the long run."""
    client, found, turn = there.client("root"), [], count()
    for name, row in ROWS.items():
        method, _, route = name.partition(" ")
        if method not in CHANGES or row.form or not isinstance(row.body, dict):
            continue
        body = filled(row.body, there.home)
        for field in body:
            for value in VALUES[next(turn) % share :: share]:
                sent = json.dumps(body | {field: value})
                fault = wrong(asked(client, method, address(route, there.home), sent), refused=False)
                found += [f"{name} {field}={str(value)[:40]}: {fault}"] if fault else []
    assert found == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_a_path_that_leads_elsewhere_leads_nowhere(method: str, there: Scene) -> None:
    client, found = there.client("root"), []
    for path in PATHS:
        answer = asked(client, method, path, b"{}" if method == "POST" else b"")
        if method == "HEAD":
            assert answer.status_code < 500, path
        elif fault := wrong(answer, refused=True):
            found.append(f"{path}: {fault}")
    assert found == []


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_nobody_reads_is_refused_everywhere(query: str, there: Scene) -> None:
    client, found = there.client("root"), []
    for method, route in routes("GET"):
        answer = asked(client, method, f"{address(route, there.home)}?{query}")
        fault = wrong(answer, refused=True)
        found += [f"{route}: {fault}"] if fault else []
    assert found == []


def test_a_change_takes_no_word_that_it_does_not_read(there: Scene) -> None:
    client, found = there.client("root"), []
    for method, route in routes(*CHANGES, "DELETE"):
        answer = asked(client, method, f"{address(route, there.home)}?dry_run=true", b"{}", HTTP_TUS_RESUMABLE="1.0.0")
        if answer.status_code < 400 or answer.json()["code"] != "unknown_field":
            found.append(f"{method} {route}: {answer.status_code}")
    assert found == []


class Compared(str):
    """A name that counts how often it was compared with another one."""

    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)


def test_a_name_that_stands_twice_is_found_without_comparing_all_names_with_all() -> None:
    names = [Compared(f"name {number}") for number in range(2000)]
    with pytest.raises(Malformed, match="name 1999"):
        _object([(name, 0) for name in [*names, Compared("name 1999")]])
    assert Compared.times < 10 * len(names)
