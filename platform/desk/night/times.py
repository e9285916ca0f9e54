"""Moments as a reader's clock shows them, with the name of its zone."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.translation import gettext as _

from desk.templatetags.moments import written
from jobs.forecast import Range

OPENS = re.compile(r"(?P<before>.* opens )(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d) (?P<zone>[\w+/-]+)", re.DOTALL)
CLOSED = re.compile(r" closed at (\d\d:\d\d);(?=[^;]* opens $)")


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


def in_reader_zone(reason: str) -> str:
    """The reason of a job that waits for its window, with the opening by the reader's clock and by the window's.

    It says 2026-11-22 21:00 (UTC; 22:00 Europe/Berlin). A reason that names no opening stays as it is.
    """
    found = OPENS.fullmatch(reason)
    if found is None or found["zone"] not in available_timezones():
        return reason
    there = datetime.strptime(found["when"], "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(found["zone"]))
    here = local(there)
    if found["zone"] == zone_name():
        return f"{found['before']}{here} ({zone_name()})"
    before = CLOSED.sub(rf" closed at \1 {found['zone']};", found["before"])
    same_day = here[:10] == found["when"][:10]
    return f"{before}{here} ({zone_name()}; {found['when'][11:] if same_day else found['when']} {found['zone']})"
