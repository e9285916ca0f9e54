"""Everyone sees what is theirs and may do what their role says, on every route there is: the table is roles.py."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.views.generic import RedirectView

from accounts.models import Project, User
from accounts.services import issue_token
from audit.models import AuditEvent
from models_store import errors
from tests.web.roles import ACTIONS, DOORS, PAGES, PARTS, ROLES, ROWS, Scene, scene
from tests.web.story import Story

OUTSIDE = ("api", "^api", "healthz", "readyz", "metrics", "digest", "language")  # tests/api, or open to whoever asks


OF_A_LIST = ("cancel many jobs",)  # a list finds no rows of others, and so has nothing to refuse


@pytest.fixture
def there(told: Story, project: Project, people: dict[str, User]) -> Scene:
    """One of everything."""
    issue_token(people["viewer"], name="script")
    return scene(told, project, people)


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time a service refuses somebody, while a page turns that into words."""
    seen: list[str] = []
    plain = errors.ProductError.__init__

    def noted(self: errors.ProductError, *said: Any, **more: Any) -> None:
        plain(self, *said, **more)
        if isinstance(self, errors.Forbidden | errors.NotFound) and "second person" not in str(self):
            seen.append(str(self))

    monkeypatch.setattr(errors.ProductError, "__init__", noted)
    return seen


def routes(found: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its whole address."""
    for one in found.url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one, before + str(one.pattern))
        else:
            yield before + str(one.pattern), one


@cache
def named_routes() -> dict[str, URLPattern]:
    """The routes of the web admin by name; what has none leads to one that has, or to nothing."""
    found = {}
    for address, one in routes(get_resolver()):
        if address.startswith(OUTSIDE):
            continue
        if one.name:
            found[one.name] = one
        else:
            view = getattr(one.callback, "__wrapped__", one.callback)
            assert (
                "url" in address or getattr(view, "view_class", None) is RedirectView or "<path:object_id>/" in address
            )
    return found


def address_of(name: str, there: Scene) -> str:
    """Where a route leads, for the things in the scene."""
    pattern = named_routes()[name]
    row = next((ROWS[start](there) for start in sorted(ROWS, key=len, reverse=True) if name.startswith(start)), None)
    parts = {part: PARTS.get(part, row or there.told.training.pk) for part in pattern.pattern.converters}
    if name == "app_list":
        parts = {"app_label": "jobs"}
    parts |= {"project": there.project.pk} if "project" in parts else {}
    parts |= {"delivery": there.delivery.pk} if "delivery" in parts else {}
    parts |= {"artifact": there.told.made[0].pk} if "artifact" in parts else {}
    return reverse(name if name == "home-cards" else f"admin:{name}", kwargs=parts)


def client_of(role: str, there: Scene) -> Client:
    """A browser of somebody of that role."""
    client = Client(raise_request_exception=False)
    if role != "anonymous":
        client.force_login(there.people[role])
    return client


def let_in(answer: Any) -> bool:
    """Whether a page was shown, or the way led to another page of the thing."""
    if answer.status_code in (301, 302):
        return not answer["Location"].startswith("/login/") and answer["Location"] != "/"
    return answer.status_code in (200, 204)


def let_in_by(answer: Any) -> bool:
    """Whether what was posted was taken or spoken of, rather than turned away at a door."""
    return answer.status_code not in (403, 404) and not answer.headers.get("Location", "").startswith("/login/")


def _read(answer: Any) -> None:
    """A file that is streamed is closed by whoever reads it to its end."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def test_every_route_of_the_web_admin_has_a_row() -> None:
    assert sorted(set(named_routes()) ^ (set(PAGES) | DOORS)) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_to_whom_the_table_says(role: str, there: Scene) -> None:
    wrong, client = {}, client_of(role, there)
    for name, who in PAGES.items():
        with transaction.atomic():
            answer = client.get(address_of(name, there))
            _read(answer)
            transaction.set_rollback(True)
        if let_in(answer) != (role in who):
            wrong[name] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES)
def test_every_action_is_done_for_whom_the_table_says(role: str, there: Scene, refusals: list[str]) -> None:
    wrong, client = {}, client_of(role, there)
    for name, (of, who) in ACTIONS.items():
        path, fields = of(there)
        refusals.clear()
        with transaction.atomic():
            before = AuditEvent.objects.count()
            answer = client.post(path, fields)
            written = AuditEvent.objects.count() - before
            transaction.set_rollback(True)
        refused = bool(refusals) or not let_in_by(answer) or (name in OF_A_LIST and not written)
        if refused == (role in who) or (written and role not in who):
            wrong[name] = (answer.status_code, refusals[:1], written)
    assert wrong == {}


def test_no_page_is_left_that_changes_rows_past_the_services() -> None:
    assert [name for name in named_routes() if name.endswith(("_delete", "_history"))] == []
    assert {model.__name__ for model in admin.site._registry} & {"Group", "Permission"} == set()
