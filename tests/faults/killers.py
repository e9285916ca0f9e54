"""Row 10: a job that ends its engine each time, and one that wants more memory than there is, among others."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from statistics import quantiles
from typing import Any

from tests.faults.apart import pictures
from tests.faults.running import Running
from tests.faults.table import Row

MEMORY_MB = 1000  # of an engine: enough for torch and tiny models


def others_beside(up: Running, model: str, greedy: dict[str, Any], *, jobs: int) -> tuple[Row, Row]:
    """The same burst of jobs without and with the two among them."""
    alone = waited(up, finished(up, up.submit(pictures(model, 4), jobs)))
    (poison,) = up.submit(pictures(model, 4000) | {"name": "poison", "priority": 50})
    (memory,) = up.submit(greedy)
    ids = up.submit(pictures(model, 4), jobs)
    with Killer(up, poison) as killer:
        beside = waited(up, finished(up, ids))
        up.ended([poison, memory])
    said = {job: up.rows.ask("SELECT state, error_code, state_reason FROM jobs_job WHERE id = ?", job.replace("-", ""))
            for job in (poison, memory)}  # fmt: skip
    p95, before = worst(beside), worst(alone)
    figures = f"p95 of {jobs} other jobs {p95:.1f} s, {before:.1f} s without ({p95 / before:.2f})"
    slower = [] if p95 <= 2 * before else ["the others were slowed down"]
    lost, twice = up.rows.lost(ids), up.rows.duplicates(ids)
    rows = []
    for number, job, code, words in (("10a", poison, "poison", "SIGSEGV"), ("10b", memory, "out_of_memory", "memory")):
        state, found, reason = said[job][0]
        wrong = [] if (state, found) == ("failed", code) and words in reason else [f"{state} {found}: {reason}"]
        print("\n".join([*wrong, *lost, *slower]))
        tries = len(up.rows.attempts(job))
        what = "poison job" if job == poison else "job without enough memory"
        count = len(wrong) + len(lost) + len(slower)
        rows.append(Row(number, what, tries, killer.hits if job == poison else tries, count, twice, 0.0,
                        f"{state}: {reason[:90]}; {figures}"))  # fmt: skip
    return rows[0], rows[1]


def finished(up: Running, ids: list[str]) -> list[str]:
    """The same, once they have ended."""
    up.ended(ids)
    return ids


def waited(up: Running, ids: list[str]) -> list[float]:
    """From submission to end (s), of each."""
    query = "SELECT (julianday(finished_at) - julianday(created_at)) * 86400 FROM jobs_job WHERE id = ?"
    return [float(up.rows.ask(query, job.replace("-", ""))[0][0]) for job in ids]


def worst(times: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


class Killer:
    """Ends the engine of one job with SIGSEGV as soon as the job is claimed, each time."""

    def __init__(self, up: Running, job: str) -> None:
        self.up, self.job, self.hits = up, job.replace("-", ""), 0
        self.tokens: set[int] = set()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.stop.wait(0.02):
            for claim in self.up.rows.claims():
                if claim.job == self.job and claim.token not in self.tokens and self._kill(claim.worker):
                    self.tokens.add(claim.token)

    def _kill(self, worker: str) -> bool:
        above = self.up.workers().get(worker)
        engines = [pid for pid, parent in self.up.engines().items() if parent == above]
        for pid in engines:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSEGV)
                self.hits += 1
        return bool(engines)

    def __enter__(self) -> Killer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
