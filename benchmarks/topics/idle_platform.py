"""What a whole platform uses while nothing is asked of it: supervisor, web process, three workers, Valkey, SQLite.

It is left alone, in a home of its own, once the work of its start is done. CPU time is that of all processes together;
what their hourly announcement of plug-ins costs is spread over the hour and counted. A worker says every 40 seconds
that it is there, and its Celery takes a lock of the broker every 100 seconds, which goes into Valkey's log: these beats
are all that may be written, so no table but theirs changes, and no other file.
"""

from __future__ import annotations

import time

from benchmarks.at_rest import Look
from benchmarks.timing import LEAST_PAIRS, Figure
from benchmarks.topics.job_overhead import home
from deploy.demo_platform import running

IDLE_S = 160.0  # four beats of each worker
SETTLE_S = 90.0  # from its readiness until the workers have announced what they can
ANNOUNCED_EVERY_S = 3600.0
BEATS = ("jobs_listener", "sqlite_sequence")  # the second counts insertions, also where a row was there already
BROKER_LOG = "valkey/"
LARGEST_SHARE = 3.0


def measure(pairs: int) -> dict[str, Figure]:
    """One stretch of time; a shorter one where few pairs are asked for."""
    with home() as place, running(place):
        up = place.read_up()
        pids = {name: int(pid) for name, pid in up["pids"].items()} | {"supervisor": int(up["pid"])}
        time.sleep(SETTLE_S)
        before, began = Look.at(place.path, pids), time.monotonic()
        time.sleep(IDLE_S * min(1.0, pairs / LEAST_PAIRS))
        after, seconds = Look.at(place.path, pids), time.monotonic() - began
    return figures(before, after, seconds)


def figures(before: Look, after: Look, seconds: float) -> dict[str, Figure]:
    """All processes together, each alone, and what was written."""
    shares = {name: 100 * (use.own_s - before.uses[name].own_s) / seconds for name, use in after.uses.items()}
    announced = 100 * sum(use.children_s for use in before.uses.values()) / ANNOUNCED_EVERY_S
    written = sum(use.written_bytes - before.uses[name].written_bytes for name, use in after.uses.items())
    tables = [name for name in after.changed_tables(before) if name not in BEATS]
    files = [name for name in after.changed_files(before) if not name.startswith(BROKER_LOG)]
    return {
        "all together": once(sum(shares.values()) + announced, "% of a core", LARGEST_SHARE),
        **{name: once(share, "% of a core") for name, share in sorted(shares.items())},
        "announcing plug-ins, spread over the hour": once(announced, "% of a core"),
        named("tables changed beside beats", tables): once(len(tables), "tables", 0.0),
        named("files changed beside beats", files): once(len(files), "files", 0.0),
        "written": once(60 * written / 1024 / seconds, "KiB a minute"),
    }


def named(what: str, found: list[str]) -> str:
    """A figure's name that says what was found, where nothing should be."""
    return f"{what}: {', '.join(found)}" if found else what


def once(value: float, unit: str, at_most: float | None = None) -> Figure:
    """A figure of one stretch of time."""
    return Figure(value, unit, value, value, 1, at_most=at_most)
