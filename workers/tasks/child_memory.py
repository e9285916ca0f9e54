"""A child's memory as its parent sees it: the limit it gets, what it held when last looked at, how it came to its end.

Works without root: the limit is RLIMIT_DATA, at which allocations fail inside the child. A kill by the kernel is told
from others by the counter `oom_kill` of the child's cgroup (v2 or v1); where none can be read, by what it held last.
Where torchrun has taken the child's place (workers/engine/launch.py), the processes that it leads count with it.
"""

from __future__ import annotations

import resource
import signal
import time
from pathlib import Path

NEAR = 0.8  # of a limit: memory that grows fast was last seen some way below it
LOOK_EVERY_S = 0.2
CGROUPS = Path("/sys/fs/cgroup")
LAUNCHER, MEMBER = b"torch.distributed.run", b"workers.engine"  # in the command line of torchrun, of those it leads


class ChildMemory:
    """Looks after one child from its start on."""

    def __init__(self, pid: int, limit_bytes: int = 0, *, proc: Path = Path("/proc"), cgroups: Path = CGROUPS) -> None:
        self.limit_bytes, self._place, self._looked = limit_bytes, proc / str(pid), 0.0
        self.members = 1  # processes; of a group from before its first one ended
        self.resident = self.data = 0  # bytes, when last looked at: of all members, and of the largest
        self.most = self.highest = 0  # bytes: the most that was seen since `begin`, and ever by the kernel
        if limit_bytes:
            resource.prlimit(pid, resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
        self.cgroup = cgroup_of(self._place / "cgroup", cgroups)
        self.kills = _kills(self.cgroup)
        self.total = _total(proc)

    def begin(self) -> int:
        """From now on `peak_since` counts; returns the mark for it."""
        self.look(at_once=True)
        self.most = self.resident
        return self.highest

    def peak_since(self, mark: int) -> int:
        """The most resident memory since `begin` (bytes).

        The kernel's own figure where it has grown since; else what was seen, since a warm child may have held more
        for an earlier order.
        """
        self.look(at_once=True)
        return self.highest if self.highest > mark else self.most

    def look(self, *, at_once: bool = False) -> None:
        """Note what the child holds now, a few times a second at most unless `at_once`."""
        if time.monotonic() - self._looked < LOOK_EVERY_S and not at_once:
            return
        self._looked = time.monotonic()
        held = [said for place in self._members() if (said := _held(place))]
        if not held or len(held) < self.members:  # one that ended takes the others along: what was seen before counts
            return
        self.members = len(held)
        self.resident, self.data = sum(one["VmRSS"] for one in held), max(one["VmData"] for one in held)
        self.most = max(self.most, self.resident)
        self.highest = sum(one.get("VmHWM", one["VmRSS"]) for one in held)

    def _members(self) -> list[Path]:
        """The child, and those that it leads."""
        try:
            if LAUNCHER not in (self._place / "cmdline").read_bytes():
                return [self._place]
            led = (self._place / "task" / self._place.name / "children").read_text().split()
            places = [self._place.parent / pid for pid in led]
            return [self._place, *(one for one in places if MEMBER in (one / "cmdline").read_bytes())]
        except OSError:  # one is gone
            return [self._place]

    def ran_out(self, code: int, *, by_us: bool) -> bool:
        """Whether a child that ended with this exit code (negative: a signal), and said nothing, ran out of memory.

        torchrun ends with an exit code whatever ended one of its processes.
        """
        if by_us:
            return False
        if code == -signal.SIGKILL or (code and self.members > 1):
            now = _kills(self.cgroup)
            if now is not None and self.kills is not None:
                killed = now > self.kills
            else:
                killed = self.resident >= NEAR * min(self.total, _limit(self.cgroup) or self.total)
            if killed or code == -signal.SIGKILL:
                return killed
        return bool(code and self.limit_bytes) and self.data >= NEAR * self.limit_bytes


def _held(place: Path) -> dict[str, int]:
    """What a process holds, by the names of /proc/PID/status (bytes); {} of one that is gone."""
    try:
        lines = [line.split(":", 1) for line in (place / "status").read_text().splitlines() if line.startswith("Vm")]
        said = {name: int(value.split()[0]) * 1024 for name, value in lines}
    except (OSError, ValueError, IndexError):
        return {}
    return said if {"VmRSS", "VmData"} <= said.keys() else {}


def cgroup_of(said: Path, cgroups: Path) -> Path | None:
    """The folder that counts the memory of a process, by its /proc/PID/cgroup; of a container, what it sees of it."""
    try:
        lines = [line.split(":", 2) for line in said.read_text().splitlines()]
    except OSError:
        return None
    found = {controllers: path.lstrip("/") for _, controllers, path in lines}
    places = [(cgroups / "memory", found["memory"])] if "memory" in found else [(cgroups, found.get("", ""))]
    for root, path in places:
        for place in (root / path, root):
            if _kills(place) is not None:
                return place
    return None


def _kills(cgroup: Path | None) -> int | None:
    """How many processes of a cgroup the kernel has ended for want of memory; None where nobody can tell."""
    for file in [cgroup / name for name in ("memory.events", "memory.oom_control")] if cgroup else ():
        try:
            lines = file.read_text().splitlines()
        except OSError:
            continue
        for word, _, count in (line.partition(" ") for line in lines):
            if word == "oom_kill":
                return int(count)
    return None


def _limit(cgroup: Path | None) -> int:
    """What a cgroup may take (bytes); 0 where it says nothing."""
    for file in [cgroup / name for name in ("memory.max", "memory.limit_in_bytes")] if cgroup else ():
        try:
            return int(file.read_text())
        except (OSError, ValueError):  # "max"
            continue
    return 0


def _total(proc: Path) -> int:
    return int((proc / "meminfo").read_text().split("MemTotal:")[1].split()[0]) * 1024
