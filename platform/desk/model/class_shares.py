"""How often a model makes each class, as one picture of bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.model.figure_names import CLASS_SHARE

SHOWN = 30  # bars; further ones are folded away


@dataclass(frozen=True)
class Bar:
    """One class; `width` is per cent of the longest bar."""

    label: str
    says: str
    interval: str
    width: float


@dataclass(frozen=True)
class Shares:
    """The classes, the first of them shown at once; `n` items were looked at."""

    bars: tuple[Bar, ...]
    more: tuple[Bar, ...]
    n: str


def class_shares(metrics: Mapping[str, Mapping[str, Any]]) -> Shares | None:
    """Of all that a metric found, the shares of classes; None where there are none."""
    known = {
        name.removeprefix(CLASS_SHARE): said
        for name, said in metrics.items()
        if name.startswith(CLASS_SHARE) and said.get("value") is not None
    }
    if not known:
        return None
    longest = max(said["value"] for said in known.values()) or 1
    rows = tuple(
        Bar(label, per_cent(said["value"]), _span(said), round(100 * said["value"] / longest, 1))
        for label, said in known.items()
    )
    n = max(said.get("n") or 0 for said in known.values())
    return Shares(rows[:SHOWN], rows[SHOWN:], f"{n:,}")


def per_cent(share: float) -> str:
    """A share as people say it."""
    return f"{100 * share:.1f} %"


def _span(said: Mapping[str, Any]) -> str:
    low, high = said.get("low"), said.get("high")
    return f"{100 * low:.1f} – {100 * high:.1f} %" if low is not None and high is not None else ""
