"""When something is tried again, and after how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Retries:
    """Tries of one call: the wait doubles from `first_s` to `most_s` and is drawn evenly from nothing to that.

    A call ends after `attempts` tries or `deadline_s` seconds. What lasts long (waits, event streams, uploads,
    downloads) counts neither: it ends once nothing at all got through for `outage_s` seconds.
    """

    attempts: int = 7
    first_s: float = 0.3
    most_s: float = 10.0
    deadline_s: float = 60.0
    outage_s: float = 300.0


USUAL = Retries()
NEVER = Retries(attempts=1, outage_s=0.0)  # for who would rather know at once


class Tries:
    """The tries of one call, or those since something last got through."""

    def __init__(self, retries: Retries, clock: Callable[[], float], draw: Callable[[], float], *, long: bool) -> None:
        self._retries, self._clock, self._draw = retries, clock, draw
        self._most = float("inf") if long else retries.attempts
        self._within_s = retries.outage_s if long else retries.deadline_s
        self.begin()

    @property
    def most_s(self) -> float:
        """The longest pause."""
        return self._retries.most_s

    def begin(self) -> None:
        """Something got through: count from here."""
        self.made, self._began = 0, self._clock()

    def left_s(self) -> float:
        """Until the deadline."""
        return self._within_s - (self._clock() - self._began)

    def again_in(self, at_least_s: float = 0.0) -> float | None:
        """Seconds until the next try after one that failed; None where there is to be none.

        Full jitter (M. Brooker, Exponential Backoff and Jitter, 2015), above what the server asked for.
        """
        self.made += 1
        ceiling_s = min(self._retries.most_s, self._retries.first_s * 2.0 ** min(self.made - 1, 30))
        wait_s = at_least_s + self._draw() * ceiling_s
        return wait_s if self.made < self._most and wait_s < self.left_s() else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date (RFC 9110, section 10.2.3); None without one."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=timezone.utc)
    return max(0.0, (until - now).total_seconds())
