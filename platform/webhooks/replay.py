"""What was delivered, failed or never sent, sent again: one delivery, or all since a time, straight from the log."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Role, User
from accounts.services import require
from audit.models import AuditEvent
from audit.services import append
from config import clock
from models_store.errors import InvalidInput
from webhooks.events import message_of, verbs_of
from webhooks.follow import delivery
from webhooks.models import Delivery, DeliveryState, Webhook
from webhooks.services import require_active

FARTHEST = timedelta(days=30)
MOST = 5000  # at once
BATCH = 500


class TooMuch(InvalidInput):
    """So much is not replayed at once: name a later time, or fewer types."""

    code = "too_many_deliveries"


@transaction.atomic
def replay_delivery(row: Delivery, *, actor: User) -> Delivery:
    """The same message once more, under the same `webhook-id`, with all its tries before it."""
    webhook = row.webhook
    require(actor, webhook.project, Role.OWNER)
    require_active(webhook)
    _again([row.pk], webhook, clock.now())
    _record(webhook, actor, {"delivery": str(row.pk), "count": 1})
    row.refresh_from_db()
    return row


@transaction.atomic
def replay_since(webhook: Webhook, since: datetime, *, actor: User) -> int:
    """Everything the endpoint listens to and that has happened since, also while it was paused; returns how much.

    What was delivered goes out again, under the same `webhook-id`; what waits already keeps its turn.
    """
    require(actor, webhook.project, Role.OWNER)
    require_active(webhook)
    now = clock.now()
    if not now - FARTHEST <= since <= now:
        raise InvalidInput(
            "That is no time from which something can be sent again.", field="since", got=since.isoformat(),
            expected="a time of the last 30 days",
        )  # fmt: skip
    rows = AuditEvent.objects.filter(project_id=webhook.project_id, at__gte=since, verb__in=verbs_of(webhook.types))
    events = list(rows.filter(index__isnull=False).order_by("pk")[: MOST + 1])
    if len(events) > MOST:
        raise TooMuch(field="since", expected=f"at most {MOST} events", got=since.isoformat())
    for start in range(0, len(events), BATCH):
        _replay(webhook, events[start : start + BATCH], now)
    _record(webhook, actor, {"since": since.isoformat(), "count": len(events)})
    return len(events)


def _replay(webhook: Webhook, events: list[AuditEvent], now: datetime) -> None:
    known = dict(
        Delivery.objects.filter(
            webhook=webhook, message__in=[message_of(webhook, event.pk) for event in events]
        ).values_list("message", "pk")
    )
    _again(list(known.values()), webhook, now)
    fresh = [delivery(webhook, event, now) for event in events if message_of(webhook, event.pk) not in known]
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=BATCH)


def _again(pks: list[object], webhook: Webhook, now: datetime) -> None:
    """Those that ended; what waits or is on its way is left alone."""
    ended = Delivery.objects.filter(pk__in=pks, webhook=webhook).exclude(state=DeliveryState.WAITING)
    ended.update(state=DeliveryState.WAITING, due_at=now, lease=None, tries=0, ended_at=None)


def _record(webhook: Webhook, actor: User, detail: dict[str, object]) -> None:
    subject = ("webhook", str(webhook.pk))
    append(actor=actor.username, verb="webhook.replayed", subject=subject, project=webhook.project_id, detail=detail)
