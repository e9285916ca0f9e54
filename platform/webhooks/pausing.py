"""Endpoints that the platform pauses by itself, and whether somebody still answers for one."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Role
from accounts.services import holds
from audit.services import append
from config import clock
from webhooks.models import PausedWhy, Webhook, WebhookState

COURIER = "courier"


@transaction.atomic
def pause_by_itself(webhook: Webhook, why: PausedWhy) -> None:
    """No more deliveries until somebody resumes it; what waits is kept."""
    active = Webhook.objects.filter(pk=webhook.pk, state=WebhookState.ACTIVE)
    if active.update(state=WebhookState.PAUSED, paused_why=why, paused_at=clock.now()):
        subject = ("webhook", str(webhook.pk))
        append(
            actor=COURIER, verb="webhook.paused", subject=subject, project=webhook.project_id, detail={"why": str(why)}
        )


def answered_for(webhook: Webhook) -> bool:
    """Whether its owner still owns the project; else it is paused: nobody is told of what they may not see."""
    if webhook.owner.is_active and holds(webhook.owner, webhook.project, Role.OWNER):
        return True
    pause_by_itself(webhook, PausedWhy.OWNER_LEFT)
    return False
