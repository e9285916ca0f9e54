"""`manage.py rebuild_shares`: fair shares anew from what projects used, after the half-life was changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config import clock
from jobs.shares import rebuild


class Command(BaseCommand):
    """Rebuild the fading use of every project."""

    help = (
        "Make every project's fading use anew from its daily use; needed after KILNMARK_SHARE_HALF_LIFE_HOURS changed."
    )

    def handle(self, *args: Any, **said: Any) -> None:
        self.stdout.write(f"{rebuild(clock.now())} projects")
