"""How often one may ask: token buckets of this process, one for each person, and for each address of the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from accounts.login_pace import network
from models_store.errors import ProductError

MINUTE_S = 60
POLICY = "requests"
SWEEP_EVERY_S = 60.0  # after a minute without a request a bucket is full, and need not be kept


@dataclass(frozen=True)
class Standing:
    """How a bucket stands once a request was counted: how many are left, seconds until it is full again."""

    granted: bool = True
    a_minute: int = 0  # no limit
    left: int = 0
    full_in_s: int = 0
    wait_s: int = 0  # until the next request is granted

    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-11); nothing where there is no limit."""
        if not self.a_minute:
            return {}
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.a_minute};w={MINUTE_S}',
            "RateLimit": f'"{POLICY}";r={self.left};t={self.full_in_s}',
        }


class RateLimited(ProductError):
    """Too many requests in a short time; `wait` is how many seconds until the next one is granted."""

    code, http_status, retry = "rate_limited", 429, True

    def __init__(self, standing: Standing) -> None:
        super().__init__("Too many requests in a short time.", expected=f"at most {standing.a_minute} a minute")
        self.wait = standing.wait_s


class Rates:
    """Buckets that hold a minute's requests and are filled evenly: a short burst is served, a flood is not."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._buckets: dict[str, tuple[float, float]] = {}  # requests left, and when that was so
        self._lock = Lock()
        self._swept_at = now()

    def take(self, who: str, a_minute: int) -> Standing:
        """Count a request of `who`."""
        if not a_minute:
            return Standing()
        with self._lock:
            now = self.now()
            if now - self._swept_at > SWEEP_EVERY_S:
                self._sweep(now)
            left, at = self._buckets.get(who, (float(a_minute), now))
            left = min(float(a_minute), left + (now - at) * a_minute / MINUTE_S)
            granted = left >= 1
            left -= granted
            self._buckets[who] = (left, now)
        full_in_s = math.ceil((a_minute - left) * MINUTE_S / a_minute)
        wait_s = 0 if granted else math.ceil((1 - left) * MINUTE_S / a_minute)
        return Standing(granted, a_minute, int(left), full_in_s, wait_s)

    def _sweep(self, now: float) -> None:
        self._buckets = {who: (left, at) for who, (left, at) in self._buckets.items() if now - at < MINUTE_S}
        self._swept_at = now

    def __len__(self) -> int:
        return len(self._buckets)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._buckets.clear()


def by_address(said: str | None) -> str:
    """The bucket of somebody unknown: an address, or the whole /64 that one household has in IPv6."""
    return f"address {network(said or '') or '?'}"


rates = Rates()
