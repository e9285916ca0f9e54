"""What an alias stood for at a moment: since when, until when, who approved it, and the proof that the log says so."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from audit import proofs
from audit.leaves import recalled
from audit.models import AuditEvent
from catalog.alias_models import Alias, AliasMove, MoveState
from catalog.aliases import move_rows
from models_store.errors import InvalidInput

EXPECTED = "a date (2026-05-03) or a time with its zone (2026-05-03T14:00:00Z)"


@dataclass(frozen=True)
class Standing:
    """What an alias stood for at one moment: `move` put it there (None: nothing yet), `ended_by` took it away."""

    alias: Alias
    at: datetime
    move: AliasMove | None
    ended_by: AliasMove | None
    others: tuple[AliasMove, ...] = ()  # what came and went earlier on the same day, where a day was asked for


def history(alias: Alias) -> list[AliasMove]:
    """The moves that were approved, newest first."""
    return list(move_rows().filter(alias=alias, state=MoveState.MOVED).order_by("-decided_at", "-id"))


def at(alias: Alias, said: str, now: datetime) -> Standing:
    """At a moment; for a day (UTC) at its end, or now where that has not come."""
    start, end = _moment(said)
    if start > now:
        raise InvalidInput(
            "Nobody knows yet: this lies ahead.", field="at", expected=f"at most {now:%Y-%m-%d}", got=said
        )
    moment = min(end, now)
    moves = history(alias)[::-1]
    before = [move for move in moves if move.decided_at <= moment]
    following = next((move for move in moves if move.decided_at > moment), None)
    first = next((place for place in reversed(range(len(before))) if before[place].decided_at <= start), 0)
    others = tuple(before[first:-1]) if start < end else ()
    return Standing(alias, moment, before[-1] if before else None, following, others)


def _moment(said: str) -> tuple[datetime, datetime]:
    """The first and the last moment that is meant."""
    try:
        moment = parse_datetime(said) if isinstance(said, str) and len(said) > len("2026-05-03") else None
        day = parse_date(said) if isinstance(said, str) and moment is None else None
    except ValueError:
        moment = day = None
    if moment and moment.tzinfo:
        return moment, moment
    if day is None or not date(1970, 1, 1) <= day < date(9999, 1, 1):
        raise InvalidInput("This is no date.", field="at", expected=EXPECTED, got=said)
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1) - timedelta(microseconds=1)


def proof_of(event: AuditEvent | None) -> dict[str, Any] | None:
    """That the log holds a move, and the opening of what its leaf only commits to; None while no head covers it.

    `detail` belongs to the leaf: SHA-256(detail_salt || canonical JSON of detail) is the `detail` that it names.
    """
    if event is None:
        return None
    try:
        found = proofs.inclusion(event)
    except proofs.NotInLogYet:
        return None
    kept = getattr(event, "detail", None)
    if kept is None:  # it was erased: the leaf alone speaks
        return found
    salt = hmac.digest(bytes(kept.salt), b"detail", "sha256").hex()
    return found | {"detail": recalled(kept.detail), "detail_salt": salt}
