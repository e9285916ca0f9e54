"""Webhooks in the admin: made, shown with what was delivered, paused, told of on Home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from config import clock
from tests import builders
from webhooks.models import Delivery, DeliveryState, PausedWhy, Webhook
from webhooks.pausing import pause_by_itself
from webhooks.services import create_webhook, ping

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
HOOKS = "/webhooks/webhook/"


@pytest.fixture
def owner(people: dict[str, User], browser_of: BrowserOf) -> Client:
    """The browser of an owner."""
    return browser_of(people["owner"])


@pytest.fixture
def hook(project: Project, people: dict[str, User]) -> Webhook:
    """An endpoint of the project."""
    return create_webhook(project, actor=people["owner"], name="ci", url="https://hooks.example.com/k")[0]


def said(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": str(project.pk), "name": "chat", "url": "https://chat.example.com/", **more}


def test_one_is_made_and_its_secret_is_shown_once(owner: Client, project: Project) -> None:
    page = owner.post(f"{HOOKS}add/", said(project, types=["job.failed"])).content.decode()
    made = Webhook.objects.get()
    assert "whsec_" in page
    assert made.types == ["job.failed"]
    assert "whsec_" not in owner.get(f"{HOOKS}{made.pk}/change/").content.decode()


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://a.example/", "https://a.example:25/", "x"])
def test_an_address_that_is_refused_is_told_beside_its_field_and_kept(
    owner: Client, project: Project, url: str
) -> None:
    answer = owner.post(f"{HOOKS}add/", said(project, url=url))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"url"}
    assert f'value="{url}"' in answer.content.decode()


def test_a_change_keeps_what_was_chosen(owner: Client, hook: Webhook) -> None:
    owner.post(f"{HOOKS}{hook.pk}/edit/", {"name": "ci", "url": hook.url, "types": ["model.approved"]})
    page = owner.get(f"{HOOKS}{hook.pk}/edit/").content.decode()
    assert 'value="model.approved" checked' in page
    assert 'value="job.failed" checked' not in page


def test_what_was_answered_is_shown_as_text(owner: Client, hook: Webhook, people: dict[str, User]) -> None:
    row = ping(hook, actor=people["owner"])
    Delivery.objects.update(answer="<script>alert(1)</script>", status=500, fault="status", tries=1)
    page = owner.get(f"{HOOKS}{hook.pk}/delivery/{row.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_the_log_is_shown_by_state_and_in_pages(owner: Client, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.webhook.log.SHOWN", 2)
    now = clock.now()
    for number, state in enumerate(("delivered", "failed", "delivered", "delivered")):
        Delivery.objects.create(
            webhook=hook, message=str(number), type="job.failed", body="{}", state=state, created_at=now, ended_at=now
        )
    first = owner.get(f"{HOOKS}{hook.pk}/change/?state=delivered")
    assert [one["row"].message for one in first.context["deliveries"]] == ["3", "2"]
    second = owner.get(f"{HOOKS}{hook.pk}/change/?{first.context['older']}")
    assert [one["row"].message for one in second.context["deliveries"]] == ["0"]


@pytest.mark.parametrize("query", ["state=x", "before=x", "before=%00", "state=%00&before=1"])
def test_a_question_that_is_none_shows_the_log(owner: Client, hook: Webhook, query: str) -> None:
    assert owner.get(f"{HOOKS}{hook.pk}/change/?{query}").status_code == 200


def test_a_delivery_is_sent_again(owner: Client, hook: Webhook, people: dict[str, User]) -> None:
    row = ping(hook, actor=people["owner"])
    Delivery.objects.update(state=DeliveryState.FAILED, due_at=None, ended_at=clock.now())
    owner.post(f"{HOOKS}{hook.pk}/delivery/{row.pk}/")
    row.refresh_from_db()
    assert row.state == DeliveryState.WAITING


def test_it_is_paused_and_resumed_and_taken_away(owner: Client, hook: Webhook) -> None:
    owner.post(f"{HOOKS}{hook.pk}/ask/pause/")
    assert "somebody paused it" in owner.get(f"{HOOKS}{hook.pk}/change/").content.decode()
    owner.post(f"{HOOKS}{hook.pk}/ask/resume/")
    assert Webhook.objects.get().state == "active"
    owner.post(f"{HOOKS}{hook.pk}/ask/remove/")
    assert not Webhook.objects.exists()


def test_a_question_by_its_address_alone_changes_nothing(owner: Client, hook: Webhook) -> None:
    for what in ("pause", "remove", "ping", "nothing"):
        owner.get(f"{HOOKS}{hook.pk}/ask/{what}/")
    assert Webhook.objects.get().state == "active"
    assert not Delivery.objects.exists()


def test_one_that_was_paused_by_itself_is_told_on_home_to_whom_it_concerns(
    owner: Client, hook: Webhook, people: dict[str, User], browser_of: BrowserOf
) -> None:
    pause_by_itself(hook, PausedWhy.FAILING)
    operator = browser_of(builders.person("olga", platform_role="operator"))
    for browser in (owner, operator):
        page = browser.get("/").content.decode()
        assert "A webhook was paused." in page
        assert f"{HOOKS}{hook.pk}/change/" in page
    for name in ("viewer", "submitter", "reviewer", "stranger"):
        assert "A webhook was paused." not in browser_of(people[name]).get("/").content.decode()


def test_one_that_somebody_paused_is_no_trouble(owner: Client, hook: Webhook) -> None:
    owner.post(f"{HOOKS}{hook.pk}/ask/pause/")
    assert "A webhook was paused." not in owner.get("/").content.decode()


def test_a_list_names_hosts_and_not_whole_addresses(owner: Client, hook: Webhook) -> None:
    page = owner.get(HOOKS).content.decode()
    assert "hooks.example.com" in page
    assert hook.url not in page
