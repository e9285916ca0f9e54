"""From the log to deliveries: events are read in their order, each once, by whoever comes by.

The log is the outbox. Every change appends its event in its own transaction, and the sequencer gives each committed
event its place; so nothing is missed, nothing is told that did not happen, and workers do nothing for it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import sequencer
from audit.models import AuditEvent
from config import clock
from models_store.errors import ProductError
from webhooks.events import OF_VERBS, body_of, message_of
from webhooks.models import Delivery, Place, Webhook, WebhookState

log = logging.getLogger(__name__)
EVENTS = 500  # that are read in one transaction


def follow(limit: int = EVENTS) -> int:
    """Write deliveries for up to `limit` events that nobody read yet; returns how many events were read.

    Where no endpoint is active, nothing is read or written: the first one that becomes active skips the rest
    (`begin_here`).
    """
    if not Webhook.objects.filter(state=WebhookState.ACTIVE).exists():
        return 0
    _give_places()
    place = Place.objects.filter(pk=1).values_list("index", flat=True).first() or 0
    if not AuditEvent.objects.filter(index__gte=place).exists():  # mostly; an idle platform writes nothing
        return 0
    with transaction.atomic():
        return _read_on(limit)


def begin_here() -> None:
    """Where no endpoint is active: go to the end of the log, since whoever listens from now on wants what comes.

    In the transaction that makes an endpoint active, before it does.
    """
    place = _locked()
    if not Webhook.objects.filter(state=WebhookState.ACTIVE).exists():
        place.index = max(place.index, sequencer.tree_size())
        place.save()


def _give_places() -> None:
    """As workers do every few seconds; a platform without a worker still tells what was submitted."""
    try:
        sequencer.sequence()
    except ProductError:
        log.warning("events wait for their place in the log; a worker's log says why")


def _read_on(limit: int) -> int:
    place = _locked()
    events = list(AuditEvent.objects.filter(index__gte=place.index).order_by("index")[:limit])
    if not events:
        return 0
    told = [event for event in events if event.verb in OF_VERBS and event.project_id]
    if told:
        write(_listeners({event.project_id for event in told}), told, clock.now())
    place.index = events[-1].index + 1
    place.save()
    return len(events)


def _locked() -> Place:
    """The one row, and nobody else moves it before the transaction ends."""
    Place.objects.get_or_create(pk=1)
    return Place.objects.select_for_update().get(pk=1)


def _listeners(projects: Iterable[UUID | None]) -> list[Webhook]:
    rows = Webhook.objects.filter(state=WebhookState.ACTIVE, project__in=[one for one in projects if one])
    return list(rows.select_related("project"))


def write(webhooks: Iterable[Webhook], events: list[AuditEvent], now: datetime) -> int:
    """A delivery for each event that an endpoint listens to and that happened since it does; none twice."""
    by_project: dict[UUID, list[AuditEvent]] = defaultdict(list)
    for event in events:
        if event.project_id:
            by_project[event.project_id].append(event)
    rows = [
        delivery(webhook, event, now)
        for webhook in webhooks
        for event in by_project[webhook.project_id]
        if event.at >= webhook.since and (not webhook.types or OF_VERBS[event.verb] in webhook.types)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=EVENTS)
    return len(rows)


def delivery(webhook: Webhook, event: AuditEvent, now: datetime) -> Delivery:
    """A message about an event, due at once; not saved."""
    return Delivery(
        webhook=webhook, message=message_of(webhook, event.pk), event_id=event.pk, type=OF_VERBS[event.verb],
        body=body_of(event, webhook.project.slug), due_at=now, created_at=now,
    )  # fmt: skip
