"""What is known of deliveries is kept for 30 days: the log of the platform keeps what happened, this what was sent."""

from __future__ import annotations

from datetime import timedelta

from config import clock
from webhooks.models import Delivery, DeliveryState

KEPT = timedelta(days=30)
BATCH = 1000


def forget() -> int:
    """Delete deliveries that ended, or have waited at a paused endpoint, for 30 days; returns how many."""
    limit, gone = clock.now() - KEPT, 0
    old = (
        Delivery.objects.filter(ended_at__lt=limit),
        Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lt=limit),
    )
    for rows in old:
        while pks := list(rows.values_list("pk", flat=True)[:BATCH]):
            gone += Delivery.objects.filter(pk__in=pks).delete()[0]
    return gone
