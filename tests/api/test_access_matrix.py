"""Every route and method over REST, for every role and every scope, and with things of a foreign project: the table is
access_rows.py.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache as throttles
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import PlatformRole, Role
from tests import builders
from tests.api.access_rows import FILTERS, FIXED, OPEN, PLACES, ROWS, Row
from tests.api.access_scene import ROLES, Scene, scene

pytestmark = pytest.mark.django_db
API = "api/v1/"
WRITES = ("INSERT", "UPDATE", "DELETE")
NAMED = re.compile(r"\{(\w+)(?:\|tus)?\}")


class Call(NamedTuple):
    """What is asked of the platform."""

    method: str
    path: str
    body: Any
    form: bool
    headers: Mapping[str, str]


class Said(NamedTuple):
    """What came of it."""

    status: int
    media_type: str
    code: str
    text: str
    wrote: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.status} {self.code} {self.text[:200]} {self.wrote}"


@pytest.fixture(scope="module")
def there(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Both projects, for all tests of this file: each call is rolled back, and the whole at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield scene()
        transaction.set_rollback(True)


def routes(found: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its whole address."""
    for one in found.url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one, before + str(one.pattern))
        else:
            yield before + str(one.pattern), one


@cache
def served() -> dict[str, dict[str, str]]:
    """Each method of each route as the rows name it, and the scope that its view says."""
    found = {}
    for address, one in routes(get_resolver()):
        if not address.startswith(("api/", "healthz", "readyz", "metrics")):
            continue
        view = getattr(one.callback, "cls", None) or getattr(one.callback, "view_class", None)
        names = [name for name in view.http_method_names if hasattr(view, name)] if view else ["get"]
        name = address.removeprefix(API) if address.startswith(API) else f"/{address}"
        found |= {f"{method.upper()} {name}": view for method in names if method != "options"}
    return found


def call(name: str, row: Row, things: Mapping[str, str], strange: Mapping[str, str] | None = None) -> Call:
    """The call of a row about these things; `strange` stands in their place in body, query and headers."""
    method, _, route = name.partition(" ")
    inside = strange or things
    start = max((one for one in PLACES if route.startswith(one)), key=len, default="")
    parts = FIXED | {part: f"{{{thing}}}" for part, thing in PLACES.get(start, {}).items()} | row.at
    path = re.sub(r"<\w+:(\w+)>", lambda part: filled(parts[part[1]], things), route)
    path = path if path.startswith("/") else f"/{API}{path}"
    query = filled(row.query, inside)
    headers = {key: filled(value, inside) for key, value in row.headers.items()}
    return Call(method, path + (f"?{query}" if query else ""), filled(row.body, inside), row.form, headers)


def filled(said: Any, things: Mapping[str, str]) -> Any:
    """A body with the names of things replaced."""
    if isinstance(said, dict):
        return {key: filled(value, things) for key, value in said.items()}
    if isinstance(said, list):
        return [filled(value, things) for value in said]
    if not isinstance(said, str):
        return said
    if said == "{dataset|tus}":  # tus 1.0, Upload-Metadata
        return "dataset " + base64.b64encode(things["dataset"].encode()).decode()
    return NAMED.sub(lambda name: things[name[1]], said)


def ask(client: Client, what: Call) -> Said:
    """Ask, and take back whatever came of it."""
    throttles.clear()
    headers, kind = dict(what.headers), "application/json"
    if what.form:
        form = (what.body or {}) | {"file": SimpleUploadedFile("x.png", builders.png())}
        more: dict[str, Any] = {"data": form}
    elif what.method == "PATCH" and "Upload-Offset" in headers:
        more = {"data": b"x", "content_type": "application/offset+octet-stream"}
    else:
        more = {"data": what.body or {}, "content_type": kind} if what.method not in ("GET", "HEAD") else {}
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        answer = getattr(client, what.method.lower())(what.path, headers=headers, **more)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    media_type = answer.headers.get("Content-Type", "")
    code = answer.json()["code"] if text and media_type == "application/problem+json" else ""
    wrote = tuple(one["sql"][:120] for one in seen.captured_queries if one["sql"].startswith(WRITES))
    return Said(answer.status_code, media_type, code, text.decode("latin-1"), wrote)


def wrong(row: Row, role: str, said: Said) -> bool:
    """Whether the answer is another one than the row says."""
    if role in row.who:
        return not (200 <= said.status < 400 or said.status in row.gets) or said.status in (401, 403)
    if role == "anonymous":
        refused = said.status == 401
    elif said.status in row.closed:
        return bool(said.wrote)
    else:
        refused = said.status == (404 if role in row.unseen else 403)
    told = said.media_type == "application/problem+json" and bool(said.code or not said.text)
    return not (refused and told and not said.wrote)


def test_every_route_and_method_has_a_row() -> None:
    assert sorted(set(served()) ^ set(ROWS)) == []


def test_every_role_there_is_is_tried() -> None:
    assert {*Role.values, *PlatformRole.values} < set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_every_call_is_served_to_whom_the_table_says_and_refused_to_all_others(role: str, there: Scene) -> None:
    found, client = [], there.client(role)
    for name, row in ROWS.items():
        said = ask(client, call(name, row, there.home))
        if wrong(row, role, said):
            found.append(f"{name}: {said}")
    assert found == []


@pytest.mark.parametrize("role", ["viewer", "owner", "service"])
def test_to_members_of_one_project_there_is_nothing_in_another(role: str, there: Scene) -> None:
    found, client = [], there.client(role)
    for name, row in ROWS.items():
        named = "<" in name or NAMED.search(str((row.body, row.query, row.headers)))
        if not named or "queues/" in name:
            continue
        said = ask(client, call(name, row, there.foreign))
        if said.status in row.closed and not said.wrote:
            continue
        if said.status != 404 or said.wrote:
            found.append(f"{name}: {said}")
    assert found == []


@pytest.mark.parametrize("role", ["stranger", "nobody"])
def test_what_a_stranger_reads_names_nothing_of_the_project(role: str, there: Scene) -> None:
    client, found = there.client(role), []
    secret = {value for name, value in there.home.items() if value not in there.foreign.values()}
    secret -= {there.home[name] for name in ("count", "free", "member")} - {there.people["submitter"].username}
    for name, row in ROWS.items():
        if name.startswith("GET") and "<" not in name and role in row.who:
            text = ask(client, call(name, row, there.foreign)).text
            found += [f"{name}: {one}" for one in secret if one in text]
    assert found == []


def test_a_token_needs_the_scope_of_its_row_and_no_other(there: Scene) -> None:
    found = []
    for name, row in ROWS.items():
        if row.who >= OPEN:
            continue
        role = next(one for one in ("submitter", "owner", "root", "auditor") if one in row.who)
        what = call(name, row, there.home)
        enough, lacking = ask(there.client(role, row.scope), what), ask(there.client(role, f"-{row.scope}"), what)
        told = lacking.code or ("scope_missing" if what.method == "HEAD" else "")
        if enough.status in (401, 403) or (lacking.status, told) != (403, "scope_missing") or lacking.wrote:
            found.append(f"{name}: {enough.status} {enough.code}, {lacking.status} {lacking.code}")
    assert found == []


def bodies(name: str, row: Row, there: Scene) -> Iterator[tuple[str, Call, Call]]:
    """One call for each thing that is named beside the path, with the foreign one in its place, and with none."""
    for thing in sorted({*NAMED.findall(str((row.body, row.query, row.headers)))} - {"free", "dataset_name"}):
        foreign = there.home | {thing: there.foreign[thing]}
        nothing = there.home | {thing: nothing_called(thing)}
        yield thing, call(name, row, there.home, foreign), call(name, row, there.home, nothing)


@pytest.mark.parametrize("role", ["owner", "service"])
def test_foreign_things_in_bodies_are_as_unknown_as_things_that_there_are_not(role: str, there: Scene) -> None:
    client, found, tried = there.client(role), [], 0
    for name, row in ROWS.items():
        if role not in row.who:
            continue
        for thing, foreign, nothing in bodies(name, row, there):
            one, other = ask(client, foreign), ask(client, nothing)
            same = told(one, there.foreign[thing]) == told(other, nothing_called(thing))
            tried += 1
            if not (400 <= one.status < 500 or one.status in row.closed) or one.wrote or not same:
                found.append(f"{name}, {thing}: {one}, {other}")
    assert (found, tried > 10) == ([], True)


@pytest.mark.parametrize("role", ["owner", "service"])
def test_foreign_things_in_filters_find_nothing(role: str, there: Scene) -> None:
    client, found = there.client(role), []
    for route, words in FILTERS.items():
        for word, thing in words.items():
            said = ask(client, Call("GET", f"/{API}{route}?{word}={filled(thing, there.foreign)}", None, False, {}))
            if said.status not in (404, 422) and '"results":[]' not in said.text:
                found.append(f"{route}?{word}: {said}")
    assert found == []


def nothing_called(thing: str) -> str:
    """A name that nothing has."""
    return "no-such" if thing in ("slug", "member") else str(uuid.UUID(int=7))


def told(said: Said, asked: str) -> tuple[int, str]:
    """An answer without the name that was asked for and the request's own id."""
    return said.status, re.sub(r'"request_id":"[^"]+"', "", said.text).replace(asked, "*")
