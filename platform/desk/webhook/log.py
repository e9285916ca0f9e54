"""The log of a webhook's deliveries, a page at a time, and one delivery with what was tried and answered."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from desk.webhook.form import type_words
from models_store.ids import is_uuid
from webhooks.models import Delivery, DeliveryState, Fault, Webhook

SHOWN = 50
VARIANTS = {"delivered": "success", "failed": "danger", "waiting": "warning"}


def log_of(webhook: Webhook, request: HttpRequest) -> dict[str, Any]:
    """Newest first, those of one state where that is asked for; what the pager leads to."""
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    rows = webhook.deliveries.all()
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    if is_uuid(before):
        rows = rows.filter(pk__lt=before)
    found = list(rows.defer("body", "answer", "past")[: SHOWN + 1])
    kept = {"state": state} if state in DeliveryState.values else {}
    older = urlencode(kept | {"before": str(found[SHOWN - 1].pk)}) if len(found) > SHOWN else ""
    states = [{"name": "", "title": None, "now": not kept}]
    states += [{"name": one.value, "title": one.label, "now": state == one.value} for one in DeliveryState]
    return {
        "deliveries": [line(row) for row in found[:SHOWN]],
        "states": states,
        "older": older,
        "newest": urlencode(kept) if is_uuid(before) else None,
    }


def line(row: Delivery) -> dict[str, Any]:
    """A delivery as a line of the log."""
    return {"row": row, "words": type_words(row.type), "variant": VARIANTS[row.state], "fault": row.get_fault_display()}


def whole(row: Delivery) -> dict[str, Any]:
    """A delivery with its attempts, what is sent, and what was answered, which is only ever shown as text."""
    tries = [
        {
            "at": datetime.fromisoformat(one["at"]),
            "status": one["status"],
            "ms": one["ms"],
            "fault": _fault(one["fault"]),
        }
        for one in row.past
    ]
    sent = json.dumps(json.loads(row.body), ensure_ascii=False, indent=2)
    return line(row) | {"tries": tries, "sent": sent}


def _fault(said: str) -> str:
    return str(Fault(said).label) if said in Fault.values else said
