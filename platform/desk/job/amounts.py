"""Times and numbers as people read them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds
SOON_S, LONG_S = 90, 5400  # below: seconds; above: hours


def duration(seconds: float) -> str:
    """2 d 3 h, 1 h 05 min, 4 min 12 s, 31 s, 2.4 s."""
    whole = round(seconds)
    if seconds < 10:
        said = _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    elif whole < MINUTE:
        said = _("%(seconds)s s") % {"seconds": whole}
    elif whole < HOUR:
        said = _("%(minutes)s min %(seconds)s s") % {"minutes": whole // MINUTE, "seconds": whole % MINUTE}
    elif whole < DAY:
        said = _("%(hours)s h %(minutes)s min") % {"hours": whole // HOUR, "minutes": f"{whole % HOUR // MINUTE:02d}"}
    else:
        said = _("%(days)s d %(hours)s h") % {"days": whole // DAY, "hours": whole % DAY // HOUR}
    return said.replace(" ", "\N{NO-BREAK SPACE}")


def span(seconds: float) -> str:
    """A rough time, in words for a sentence: 40 seconds, 10 minutes, 3 hours."""
    if seconds < SOON_S:
        count = max(1, round(seconds))
        return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}
    if seconds < LONG_S:
        count = round(seconds / 60)
        return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}
    count = round(seconds / 3600)
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}


def rounded(value: float) -> str:
    """Four figures at most, whole thousands with their separator."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
