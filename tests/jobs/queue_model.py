"""The queue on paper: what a few lines of Python without rows say that claims, writes and sweeps must come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENDED = ("succeeded", "failed", "errored", "cancelled")
LEASE = timedelta(seconds=30)  # of queue generate
POISON, SILENT = 3, 10  # attempts in a row without progress: that died by themselves; whatever ended them
HALF_LIFE_S = 7 * 86_400.0
LEAST_S = 1.0  # that a running job counts
NEAR = 1e-6  # shares that differ by less are equal


@dataclass
class Line:
    """One job: what its row must say, and every verb that the log must have of it."""

    place: int
    project: int
    priority: int
    state: str = "queued"
    token: int = 0
    barren: int = 0
    died: int = 0  # of these, by themselves
    wants: str = ""
    lease_until: datetime | None = None
    not_before: datetime | None = None
    began: datetime | None = None
    made: dict[int, int] = field(default_factory=dict)  # index -> token of the attempt that made it
    verbs: list[str] = field(default_factory=lambda: ["job.submitted"])

    def row(self) -> tuple[object, ...]:
        """As the columns say it."""
        return (self.state, self.token, self.token, self.barren, self.wants, self.lease_until)

    def to(self, state: str) -> None:
        """Every change of state is one verb of the log; only what runs has a lease, and wishes."""
        self.state = state
        self.verbs.append(f"job.{state}")
        if state != "running":
            self.lease_until, self.wants = None, ""


@dataclass
class Paper:
    """All jobs, what projects used, and which may run how many at once (0: any number)."""

    weights: tuple[float, ...]
    max_running: tuple[int, ...]
    lines: list[Line] = field(default_factory=list)
    used: list[tuple[int, datetime, float]] = field(default_factory=list)
    stopped: bool = False  # the queue is paused

    def submit(self, project: int, priority: int) -> Line:
        """A new line at the end."""
        line = Line(len(self.lines), project, priority)
        self.lines.append(line)
        return line

    def owns(self, place: int, token: int) -> bool:
        """Whether a worker with this token may write."""
        line = self.lines[place]
        return line.state == "running" and line.token == token

    def running(self, project: int) -> list[Line]:
        """What runs of a project."""
        return [one for one in self.lines if one.state == "running" and one.project == project]

    def share(self, project: int, now: datetime) -> float | None:
        """Device seconds that fade, with those of what runs, for each unit of weight; None if there never were any."""
        worth = [s * 2.0 ** (-(now - at).total_seconds() / HALF_LIFE_S) for p, at, s in self.used if p == project]
        worth += [max(LEAST_S, (now - one.began).total_seconds()) for one in self.running(project) if one.began]
        return sum(worth) / self.weights[project] if worth else None

    def due(self, now: datetime) -> dict[int, Line]:
        """The first line of each project that has one which may start; none while the queue is paused."""
        first: dict[int, Line] = {}
        for one in sorted(self.lines, key=lambda one: (-one.priority, one.place)):
            if one.state == "queued" and not self.stopped and (one.not_before or now) <= now:
                first.setdefault(one.project, one)
        return first

    def fairest(self, now: datetime) -> list[Line]:
        """The lines of which a claim must take one: more than one only where shares are equal."""
        first = self.due(now)
        free = {p: one for p, one in first.items() if not 0 < self.max_running[p] <= len(self.running(p))}
        shares = {p: self.share(p, now) for p in free}
        if fresh := [p for p in free if shares[p] is None]:
            return [min((free[p] for p in fresh), key=lambda one: (-one.priority, one.place))]
        known = {p: share for p, share in shares.items() if share is not None}
        least = min(known.values(), default=0.0)
        return [free[p] for p, share in known.items() if share <= least * (1 + NEAR)]

    def claim(self, line: Line, now: datetime) -> None:
        """One more token, one more attempt that has shown nothing; a new project starts at the least share."""
        others = self._others(line.project, now)
        if self.share(line.project, now) is None and others:
            self.used.append((line.project, now, min(others) * self.weights[line.project]))
        line.to("running")
        line.token, line.barren, line.wants = line.token + 1, line.barren + 1, ""
        line.lease_until, line.began = now + LEASE, now

    def _others(self, project: int, now: datetime) -> list[float]:
        """The shares of the other projects that have work."""
        busy = set(self.due(now)) | {one.project for one in self.lines if one.state == "running"}
        return [share for p in busy - {project} if (share := self.share(p, now)) is not None]

    def leave(self, line: Line, state: str, now: datetime) -> None:
        """An attempt ends: what it took is charged."""
        if line.began and (took_s := (now - line.began).total_seconds()) > 0:
            self.used.append((line.project, now, took_s))
        line.began = None
        line.to(state)

    def gives_back(self, line: Line, now: datetime, not_before: datetime | None = None) -> None:
        """A release: to where a person asked for, else into the queue; never a step towards poison."""
        self.progress(line)
        to = {"cancel": "cancelled", "pause": "paused"}.get(line.wants, "queued")
        if to == "queued":
            line.not_before = not_before
        self.leave(line, to, now)

    def progress(self, line: Line) -> None:
        """What the attempts before came to is forgotten."""
        line.barren = line.died = 0

    def loses(self, line: Line, now: datetime, *, silent: bool) -> None:
        """An attempt died or fell silent: poison where it was one too many in a row that showed nothing."""
        line.died += bool(line.barren and not silent)
        poison = line.died >= POISON or line.barren >= SILENT
        to = {"cancel": "cancelled", "pause": "paused"}.get(line.wants)
        self.leave(line, to or ("failed" if poison else "queued"), now)

    def lapsed(self, now: datetime) -> list[Line]:
        """What a sweep takes back."""
        return [one for one in self.lines if one.lease_until and one.lease_until < now]
