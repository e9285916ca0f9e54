"""Which worker sends the digest of a day: the one that takes the day; a taken day that was not sent is taken again."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from audit.services import append
from config import clock
from jobs.models import DigestMail

AGAIN_AFTER = timedelta(minutes=15)  # a worker that died over it, or a mail server that was away


def take(day: date) -> bool:
    """Whether the caller is to send it: once a day, and again where it was not sent; several ask at once."""
    now = clock.now()
    _, fresh = DigestMail.objects.get_or_create(day=day, defaults={"taken_at": now})
    unsent = DigestMail.objects.filter(day=day, sent_at=None, taken_at__lt=now - AGAIN_AFTER)
    return fresh or bool(unsent.update(taken_at=now))


@transaction.atomic
def sent(day: date, *, actor: str, recipients: int) -> None:
    """It went out."""
    DigestMail.objects.filter(day=day).update(sent_at=clock.now())
    append(actor=actor, verb="digest.sent", subject=("digest", str(day)), detail={"recipients": recipients})
