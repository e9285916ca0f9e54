"""One style of moments on every page: `{{ at|moment }}`, `{{ at|day }}`, `{{ at|clock_time }}`, `{{ at|ago }}`,
`{{ since|lasting }}`.

Each but `lasting` is a <time> element that carries the exact moment. The zone is that of the pages, which their header
names. What is no moment (None, "") is shown as nothing, so that `|default:"—"` works after each of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()
SHORTEST = timedelta(minutes=1)


def written(at: datetime, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment in words of the pages' zone; a naive one is taken as it stands."""
    return f"{timezone.localtime(at) if timezone.is_aware(at) else at:{form}}"


def _element(at: object, said: str) -> str:
    if not isinstance(at, datetime):
        return ""
    exact = written(at, "%Y-%m-%d %H:%M:%S %Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, said)


@register.filter
def moment(at: object) -> str:
    """2026-11-22 22:05."""
    return _element(at, written(at)) if isinstance(at, datetime) else ""


@register.filter
def day(at: object) -> str:
    """2026-11-22."""
    return _element(at, written(at, "%Y-%m-%d")) if isinstance(at, datetime) else ""


@register.filter
def clock_time(at: object) -> str:
    """22:05:09, for lines of a log whose day is known."""
    return _element(at, written(at, "%H:%M:%S")) if isinstance(at, datetime) else ""


@register.filter
def ago(at: object) -> str:
    """3 hours ago, in 3 hours, just now: by this machine's clock: no query for each row."""
    if not isinstance(at, datetime):
        return ""
    passed = datetime.now(UTC) - at
    if abs(passed) < SHORTEST:
        return _element(at, _("just now"))
    said = _("%(lasting)s ago") if passed > timedelta(0) else _("in %(lasting)s")
    return _element(at, said % {"lasting": lasting(at)})


@register.filter
def lasting(since: object) -> str:
    """How long it is from now to a moment, in its largest unit: 3 hours, less than a minute."""
    if not isinstance(since, datetime):
        return ""
    earlier, later = sorted((since, datetime.now(UTC)))
    return timesince(earlier, later, depth=1) if later - earlier >= SHORTEST else _("less than a minute")
