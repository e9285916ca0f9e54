"""The verbs on endpoints: set one up, change it, take it away, a new secret, rest, go on, a test. All are audited."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Project, Role, User
from accounts.services import holds, is_operator, projects_owned, require, sees_all
from audit.services import append
from config import clock
from jobs.window_services import checked_name
from models_store.errors import Conflict, InvalidInput, NotFound
from webhooks.address import target_of
from webhooks.events import PING, TYPES, plain, stamp
from webhooks.follow import begin_here
from webhooks.models import Delivery, PausedWhy, Webhook, WebhookState
from webhooks.secret import fresh, seal

LONGEST_NAME = 100
MOST = 50  # of one project
CHANGES = ("name", "url", "types")
BOTH_SIGN = timedelta(days=1)  # after a new secret was made


class WebhookPaused(Conflict):
    """This webhook is paused: resume it first."""

    code = "webhook_paused"


class TooManyWebhooks(Conflict):
    """The project has as many webhooks as it may have: take one away first."""

    code = "too_many_webhooks"


class NobodyAnswers(Conflict):
    """Whoever answered for this webhook does not own the project any more: an owner of the project resumes it."""

    code = "webhook_unanswered"


def webhook_rows() -> QuerySet[Webhook]:
    """Webhooks with what their body says, in one query."""
    return Webhook.objects.select_related("project", "owner")


def seen_by(user: User) -> QuerySet[Webhook]:
    """Those a person may look at: of projects they own; all of them for auditors, operators and superusers.

    Addresses often hold a secret, so members with a lesser role do not see them.
    """
    return webhook_rows() if sees_all(user) else webhook_rows().filter(project__in=projects_owned(user))


def require_sight(user: User, project: Project) -> None:
    """Refuse whoever neither owns the project nor looks at all of them."""
    if not sees_all(user):
        require(user, project, Role.OWNER)


@transaction.atomic
def create_webhook(project: Project, *, actor: User, name: Any, url: Any, types: Any = None) -> tuple[Webhook, str]:
    """A new endpoint and its secret, which is never shown again."""
    require(actor, project, Role.OWNER)
    if Webhook.objects.filter(project=project).count() >= MOST:
        raise TooManyWebhooks(expected=f"at most {MOST}")
    said = {"name": checked_name(name, LONGEST_NAME), "url": checked_url(url), "types": checked_types(types)}
    begin_here()
    now, secret = clock.now(), fresh()
    webhook = Webhook(project=project, owner=actor, created_at=now, since=now, secret=seal(secret), **said)
    _save(webhook)
    _record("webhook.created", webhook, actor, _told(webhook))
    return webhook, secret


@transaction.atomic
def change_webhook(webhook: Webhook, *, actor: User, changes: Mapping[str, Any]) -> Webhook:
    """Another name, address or choice of types; whoever changes it answers for it from then on."""
    require(actor, webhook.project, Role.OWNER)
    if unknown := sorted(set(changes) - set(CHANGES)):
        raise InvalidInput("There is no such field.", code="unknown_field", field=unknown[0], expected=list(CHANGES))
    webhook = _locked(webhook)
    if "name" in changes:
        webhook.name = checked_name(changes["name"], LONGEST_NAME)
    if "url" in changes:
        webhook.url = checked_url(changes["url"])
    if "types" in changes:
        webhook.types = checked_types(changes["types"])
    webhook.owner = actor
    _save(webhook)
    _record("webhook.changed", webhook, actor, _told(webhook))
    return webhook


@transaction.atomic
def delete_webhook(webhook: Webhook, *, actor: User) -> None:
    """Take it away with its deliveries; one that is on its way may still arrive."""
    require(actor, webhook.project, Role.OWNER)
    webhook = _locked(webhook)
    _record("webhook.deleted", webhook, actor, {"name": webhook.name})
    webhook.delete()


@transaction.atomic
def rotate_secret(webhook: Webhook, *, actor: User) -> tuple[Webhook, str]:
    """A new secret, shown once; for a day the one before signs too."""
    require(actor, webhook.project, Role.OWNER)
    webhook, secret = _locked(webhook), fresh()
    lost = webhook.paused_why == PausedWhy.SECRET_LOST
    webhook.former_secret, webhook.former_until = ("", None) if lost else (webhook.secret, clock.now() + BOTH_SIGN)
    webhook.secret = seal(secret)
    webhook.save()
    _record("webhook.rotated", webhook, actor, {})
    return webhook, secret


@transaction.atomic
def pause_webhook(webhook: Webhook, *, actor: User) -> Webhook:
    """No deliveries until it is resumed; what happens meanwhile can be replayed."""
    _require_running(actor, webhook.project)
    webhook = _locked(webhook)
    if webhook.state == WebhookState.ACTIVE:
        webhook.state, webhook.paused_why, webhook.paused_at = WebhookState.PAUSED, PausedWhy.BY_HAND, clock.now()
        webhook.save()
        _record("webhook.paused", webhook, actor, {"why": str(PausedWhy.BY_HAND)})
    return webhook


@transaction.atomic
def resume_webhook(webhook: Webhook, *, actor: User) -> Webhook:
    """Deliveries are made again, of what waits and of what happens from now on; an owner answers for it then."""
    _require_running(actor, webhook.project)
    begin_here()
    webhook = _locked(webhook)
    if holds(actor, webhook.project, Role.OWNER):
        webhook.owner = actor
    elif not (webhook.owner.is_active and holds(webhook.owner, webhook.project, Role.OWNER)):
        raise NobodyAnswers()
    if webhook.state == WebhookState.PAUSED:
        webhook.state, webhook.paused_why, webhook.paused_at = WebhookState.ACTIVE, "", None
        webhook.failing_since, webhook.since = None, clock.now()
        webhook.save()
        _record("webhook.resumed", webhook, actor, {})
    return webhook


@transaction.atomic
def ping(webhook: Webhook, *, actor: User) -> Delivery:
    """A message of the type `webhook.ping`, to see whether it arrives."""
    require(actor, webhook.project, Role.OWNER)
    webhook, now = _locked(webhook), clock.now()
    require_active(webhook)
    data = {"id": str(webhook.pk), "kind": "webhook", "project": webhook.project.slug}
    body = plain({"type": PING, "timestamp": stamp(now), "data": data})
    _record("webhook.pinged", webhook, actor, {})
    message = f"msg_{uuid.uuid4().hex}"
    return Delivery.objects.create(webhook=webhook, message=message, type=PING, body=body, due_at=now, created_at=now)


def require_active(webhook: Webhook) -> None:
    """Refuse what would wait for somebody to resume it."""
    if webhook.state != WebhookState.ACTIVE:
        raise WebhookPaused(expected=WebhookState.ACTIVE.value, got=webhook.state)


def checked_url(said: Any) -> str:
    """An address that deliveries may go to, as far as it shows without a look-up."""
    target_of(said, settings.WEBHOOKS_PRIVATE)
    return said


def checked_types(said: Any) -> list[str]:
    """Types that there are, each once; none at all means all of them."""
    if said is None:
        return []
    if not isinstance(said, list | tuple):
        raise InvalidInput("Types are a list.", field="types", expected=TYPES, got=said)
    if unknown := [one for one in said if one not in TYPES]:
        raise InvalidInput("There is no such type of event.", field="types", expected=TYPES, got=unknown[0])
    return sorted(set(said))


def _require_running(actor: User, project: Project) -> None:
    if not is_operator(actor):
        require(actor, project, Role.OWNER)


def _locked(webhook: Webhook) -> Webhook:
    """As it is now, and nobody else changes it before the transaction ends; NotFound where it was taken away."""
    found = webhook_rows().select_for_update(of=("self",)).filter(pk=webhook.pk).first()
    if found is None:
        raise NotFound(field="webhook", got=webhook.name)
    return found


def _save(webhook: Webhook) -> None:
    try:
        with transaction.atomic():
            webhook.save(force_insert=webhook._state.adding)
    except IntegrityError as taken:
        raise Conflict(
            f"Project {webhook.project.slug} has a webhook called {webhook.name!r}.", field="name", got=webhook.name
        ) from taken


def _told(webhook: Webhook) -> dict[str, Any]:
    """For the log: the host alone, since the rest of an address is often a secret."""
    host = target_of(webhook.url, settings.WEBHOOKS_PRIVATE).host
    return {"name": webhook.name, "host": host, "types": webhook.types}


def _record(verb: str, webhook: Webhook, actor: User, detail: Mapping[str, Any]) -> None:
    subject = ("webhook", str(webhook.pk))
    append(actor=actor.username, verb=verb, subject=subject, project=webhook.project_id, detail=detail)
