"""Moments as a reader's clock shows them, with the name of its zone."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from desk.templatetags.moments import written
from jobs.forecast import Range


def zone_name() -> str:
    """The zone of the pages (or of the mail that is being written)."""
    return timezone.get_current_timezone_name()


def local(at: datetime) -> str:
    """2026-11-22 22:00."""
    return written(at)


def about(expected: Range) -> str:
    """Two moments in words."""
    return _("about %(middle)s, nine times of ten before %(late)s (%(zone)s)") % {
        "middle": local(expected.p50), "late": local(expected.p90), "zone": zone_name(),
    }  # fmt: skip
