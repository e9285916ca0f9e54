"""Which deliveries are tried next, by whom, and what is kept of a try. Several web processes may do all of it."""

from __future__ import annotations

import logging
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from config import clock
from webhooks.models import Delivery, DeliveryState, PausedWhy, Webhook, WebhookState
from webhooks.pausing import answered_for, pause_by_itself
from webhooks.post import Outcome, Parcel
from webhooks.secret import SecretUnreadable, unseal

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than any try (post.WITHIN_S) and the writing of its outcome
AT_ONCE = 4  # tries at the same time for one endpoint, by all processes; one for an endpoint that fails
WAITS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 25_200, 33_600)  # after each failure: together a day
DEAD = timedelta(days=1)  # with nothing but failures
JITTER = 0.1  # a wait is longer by up to this part, so that what failed together is not tried together
KEPT_TRIES = 20  # of a delivery; older ones are dropped
GONE = 410


def claim(live: int, failing: int) -> list[Parcel]:
    """Take up to so many due deliveries of endpoints that answer, and of endpoints that do not; each to one caller."""
    now = clock.now()
    parcels: list[Parcel] = []
    for webhook in _due_webhooks(now):
        room = failing if webhook.failing_since else live
        if room <= 0 or not answered_for(webhook):
            continue
        found = _take(webhook, min(room, 1 if webhook.failing_since else AT_ONCE), now)
        parcels += found
        live, failing = (live, failing - len(found)) if webhook.failing_since else (live - len(found), failing)
    return parcels


def _due_webhooks(now: datetime) -> list[Webhook]:
    """Active endpoints with something due, in another order each time: none is always last."""
    due = Delivery.objects.filter(webhook=OuterRef("pk"), state=DeliveryState.WAITING, due_at__lte=now)
    rows = list(Webhook.objects.filter(Exists(due), state=WebhookState.ACTIVE).select_related("project", "owner"))
    random.shuffle(rows)
    return rows


def _take(webhook: Webhook, most: int, now: datetime) -> list[Parcel]:
    """Due deliveries of one endpoint, as far as fewer than `most` are on their way already."""
    try:
        secrets = _secrets(webhook, now)
    except SecretUnreadable:
        pause_by_itself(webhook, PausedWhy.SECRET_LOST)
        return []
    waiting = webhook.deliveries.filter(state=DeliveryState.WAITING)
    free = most - waiting.filter(lease__isnull=False, due_at__gt=now).count()
    rows = waiting.filter(due_at__lte=now).order_by("due_at")[: max(0, free)]
    return [parcel for row in rows if (parcel := _lease(row, webhook, secrets, now))]


def _lease(row: Delivery, webhook: Webhook, secrets: tuple[str, ...], now: datetime) -> Parcel | None:
    """The delivery, if nobody else was first: the row is taken by what it said a moment ago."""
    lease = uuid.uuid4()
    as_seen = Delivery.objects.filter(pk=row.pk, state=DeliveryState.WAITING, due_at=row.due_at, lease=row.lease)
    if not as_seen.update(lease=lease, due_at=now + LEASE, tries=F("tries") + 1):
        return None
    failing = webhook.failing_since is not None
    return Parcel(row.pk, lease, row.message, webhook.url, row.body.encode(), secrets, failing)


def _secrets(webhook: Webhook, now: datetime) -> tuple[str, ...]:
    """What signs: the secret, and for a day after it was changed the former one too."""
    both = webhook.former_secret and webhook.former_until and webhook.former_until > now
    return (unseal(webhook.secret), *([unseal(webhook.former_secret)] if both else []))


@transaction.atomic
def record(parcel: Parcel, outcome: Outcome) -> bool:
    """Keep what came of a try. False where the delivery is gone, or somebody else has it by now."""
    now = clock.now()
    row = Delivery.objects.select_related("webhook").filter(pk=parcel.delivery, lease=parcel.lease).first()
    if row is None:
        return False
    tried = {"at": now.isoformat(), "status": outcome.status, "ms": outcome.ms, "fault": outcome.fault}
    said: dict[str, Any] = {
        "lease": None, "past": [*row.past, tried][-KEPT_TRIES:], "status": outcome.status, "ms": outcome.ms,
        "fault": outcome.fault, "answer": outcome.answer,
    }  # fmt: skip
    said |= _stands(row, outcome, now)
    kept = Delivery.objects.filter(pk=row.pk, lease=parcel.lease).update(**said)
    if kept:
        _judge(row.webhook, outcome, now)
    return bool(kept)


def give_back(parcel: Parcel) -> None:
    """A try that was broken off by us, as this process ends: it is due at once, and counts as none."""
    mine = Delivery.objects.filter(pk=parcel.delivery, lease=parcel.lease)
    mine.update(lease=None, due_at=clock.now(), tries=F("tries") - 1)


def _stands(row: Delivery, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Delivered; or waiting for the next try; or, after the last, failed."""
    if not outcome.fault:
        return {"state": DeliveryState.DELIVERED, "due_at": None, "ended_at": now}
    if row.tries > len(WAITS_S) or outcome.status == GONE:
        return {"state": DeliveryState.FAILED, "due_at": None, "ended_at": now}
    return {"due_at": now + timedelta(seconds=wait_s(row.tries, outcome.retry_after_s))}


def wait_s(tries: int, asked_s: int = 0) -> float:
    """Seconds from a failed try to the next: at least what the endpoint asked for, and never all at once."""
    wait = max(WAITS_S[max(0, min(tries, len(WAITS_S)) - 1)], asked_s)
    return wait * random.uniform(1, 1 + JITTER)  # noqa: S311


def _judge(webhook: Webhook, outcome: Outcome, now: datetime) -> None:
    """What a try says of its endpoint: it answers, it fails, or it is dead and is paused."""
    mine = Webhook.objects.filter(pk=webhook.pk)
    if not outcome.fault:
        mine.exclude(failing_since=None).update(failing_since=None)
        return
    mine.filter(failing_since=None).update(failing_since=now)
    if outcome.status == GONE:
        pause_by_itself(webhook, PausedWhy.GONE)
    elif webhook.failing_since and now - webhook.failing_since >= DEAD:
        pause_by_itself(webhook, PausedWhy.FAILING)
