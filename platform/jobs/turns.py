"""Whose turn it is: projects by what each has used for its weight, with what runs now counted as used.

A project that was never charged starts at the least share of those with work, and goes before it: it need not wait, and
nobody has to wait until it has used as much as they did. One that was idle for a while keeps what it did not use, but
never more than fades: a project that uses one device all the time is worth half-life / ln 2 device seconds, 10 days of
them by default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import log2
from uuid import UUID

from django.conf import settings

from accounts.models import Project
from jobs import quotas, shares
from jobs.running import NOTHING, Running, running_now


@dataclass(frozen=True)
class Turn:
    """One project's place in the order: `share` is its mark (jobs/shares.py) for each unit of weight, least first.

    `over` is the quota that holds it, or ""; `limited` says that it has quotas; `new` that it was never charged.
    """

    project: Project
    share: float
    new: bool
    over: str

    @property
    def limited(self) -> bool:
        """Whether a quota may hold it."""
        return _limited(self.project)

    @property
    def start(self) -> float:
        """The mark that a new project starts at."""
        return self.share + settings.SHARE_HALF_LIFE_S * log2(self.project.weight)


def turns(projects: Iterable[Project], now: datetime) -> list[Turn]:
    """These projects, the one whose turn it is first; those that a quota holds are among them."""
    known = list(projects)
    if len(known) == 1 and not (_limited(known[0]) or known[0].share_used == shares.NEVER):
        return [Turn(known[0], shares.NEVER, False, "")]  # alone: its share decides nothing
    running = running_now(now)
    over = quotas.over(known, running, now)
    found = [_turn(one, running, now, over.get(one.pk, "")) for one in known]
    if any(turn.new for turn in found):
        least = min((turn.share for turn in [*found, *_elsewhere(found, running, now)] if not turn.new), default=None)
        found = [replace(turn, share=least or shares.NEVER) if turn.new else turn for turn in found]
    return sorted(found, key=lambda turn: (turn.share, not turn.new))


def _limited(project: Project) -> bool:
    return bool(project.max_running or project.max_device_hours)


def _elsewhere(found: list[Turn], running: Mapping[UUID, Running], now: datetime) -> list[Turn]:
    """Projects that are not asked about but have something running."""
    others = set(running) - {turn.project.pk for turn in found}
    return [_turn(one, running, now, "") for one in Project.objects.filter(pk__in=others)] if others else []


def _turn(project: Project, running: Mapping[UUID, Running], now: datetime, over: str) -> Turn:
    half_life_s, mark = settings.SHARE_HALF_LIFE_S, project.share_used
    if used_s := running.get(project.pk, NOTHING).device_s:
        mark = shares.joined(mark, shares.mark_of(used_s, now.timestamp(), half_life_s), half_life_s)
    return Turn(project, shares.per_weight(mark, project.weight, half_life_s), mark == shares.NEVER, over)
