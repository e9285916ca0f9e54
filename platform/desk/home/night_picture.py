"""The picture of a night: 24 hours from now as bars, in per cent from the left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

NIGHT = timedelta(hours=24)
EVERY_H = 6


@dataclass(frozen=True)
class Night:
    """The 24 hours that begin at `begin`."""

    begin: datetime

    @property
    def end(self) -> datetime:
        """When they are over."""
        return self.begin + NIGHT

    def place(self, at: datetime) -> float:
        """Where a moment lies, 0 to 100."""
        return round(100 * min(1.0, max(0.0, (at - self.begin) / NIGHT)), 2)

    def bar(self, begin: datetime, end: datetime, look: str = "") -> dict[str, Any]:
        """A bar from one moment to another, cut to the night; `look` is a class of the style sheet."""
        left = self.place(begin)
        return {"left": left, "width": round(self.place(end) - left, 2), "look": look}

    def hours(self) -> list[dict[str, Any]]:
        """The clock below the picture: each EVERY_H-th hour of the pages' zone that lies within it."""
        first = timezone.localtime(self.begin).replace(minute=0, second=0, microsecond=0)
        marks = [first + timedelta(hours=ahead) for ahead in range(1, 25)]
        return [
            {"left": self.place(at), "says": f"{at:%H:%M}"} for at in marks if at.hour % EVERY_H == 0 and at < self.end
        ]
