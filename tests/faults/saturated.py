"""Row 15: a training takes the whole machine, and many small jobs arrive for the generating worker beside it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any
from uuid import UUID

from deploy import processes
from deploy.home import ROOT
from tests.faults.apart import pictures, training
from tests.faults.running import Running, outer, until
from tests.faults.table import Row

MODEL = {"width": 68, "latent_dim": 64}  # at 32 px the generator has 1.0 M parameters
SIZES, SEED = (1, 16), 1  # pictures of a job, drawn evenly: 4,204 for 500 jobs, 8.4 on average
SATURATES = {"width": 32, "latent_dim": 64, "batch_size": 64, "steps": 1_000_000}
TURNS = ("loop", "queue", "loop")  # a machine that slows down, or is shared, slows both
WITHIN_S = 900.0


@dataclass(frozen=True)
class Taken:
    """When the first picture of each job was there, and the last of all (s after all might begin)."""

    first_s: list[float]
    last_s: float

    @property
    def p95_s(self) -> float:
        """Of the jobs' first pictures."""
        return quantiles(self.first_s, n=20)[-1]


@dataclass(frozen=True)
class Saturated:
    """The row, and how the queue did beside the loop: start p95 (1: as late), pictures a second (1: as many)."""

    row: Row
    start: float
    rate: float


def sizes(jobs: int) -> list[int]:
    """How many pictures each job wants."""
    draws = random.Random(SEED)
    return [draws.randint(*SIZES) for _ in range(jobs)]


def saturate(up: Running, data: str, model: str, folder: Path, *, jobs: int) -> Saturated:
    """The loop and the queue in turns on the same wishes, while one training runs on the train worker."""
    (busy,) = up.submit(training(data, **SATURATES, checkpoint_every=1_000_000, sample_every=1_000_000))
    wanted, bundle, seeds = sizes(jobs), unpacked(up, model, folder / "bundle"), count(1)
    up.ended(up.submit(pictures(model, 1)))  # the engine is warm, as the loop is
    taken: dict[str, list[Taken]] = {"loop": [], "queue": []}
    ids: list[str] = []
    hits = 0
    for turn, how in enumerate(TURNS):
        before = until(lambda: up.rows.progress(busy), "the training to learn")
        asked = [{"seed": str(next(seeds)), "count": many} for many in wanted]
        if how == "loop":
            taken[how].append(looped(up, asked, bundle, folder / str(turn)))
        else:
            mine, found = queued(up, asked, model)
            taken[how].append(found)
            ids += mine
        hits += up.rows.state(busy)[0] == "running" and up.rows.progress(busy) > before
        print(f"\n{how}: {taken[how][-1].last_s:.1f} s, p95 {taken[how][-1].p95_s:.1f} s", flush=True)
    up.client.post(f"jobs/{busy}/cancel")
    up.ended([busy])
    return judged(up, ids, taken, hits, sum(wanted))


def judged(up: Running, ids: list[str], taken: dict[str, list[Taken]], hits: int, total: int) -> Saturated:
    """The row of it."""
    last = {how: fmean(one.last_s for one in all_) for how, all_ in taken.items()}
    p95 = {how: fmean(one.p95_s for one in all_) for how, all_ in taken.items()}
    start, rate = p95["queue"] / p95["loop"], last["loop"] / last["queue"]
    jobs = len(ids) // TURNS.count("queue")
    said = (
        f"{total} pictures of 32 px, from when the worker may begin to the last one kept: "
        f"{last['queue']:.1f} s by the queue; {last['loop']:.1f} s by one process that samples full batches, encodes, "
        f"marks and signs without a queue, rows or store, before and after: {rate:.2f} of its rate (bar 0.85); "
        f"p95 of a job's first picture {p95['queue']:.1f} s, {p95['loop']:.1f} s there: {start:.2f} (bar 1.25)"
    )
    lost, twice = up.rows.lost(ids), up.rows.duplicates(ids)
    row = Row("15", f"{jobs} jobs beside a training", len(ids), hits, len(lost), twice, last["queue"], said)
    return Saturated(row, start, rate)


def unpacked(up: Running, model: str, place: Path) -> str:
    """The bundle of a model version, as anybody may download it."""
    ((of, number),) = up.rows.ask("SELECT model_id, number FROM catalog_modelversion WHERE id = ?", bare(model))
    with zipfile.ZipFile(BytesIO(up.client.content(f"models/{UUID(of)}/versions/{number}/bundle"))) as archive:
        archive.extractall(place)
    return str(place)


def looped(up: Running, asked: Sequence[dict[str, Any]], bundle: str, folder: Path) -> Taken:
    """The wishes without a queue, in a process of its own with the engine's threads."""
    folder.mkdir()
    device = processes.device(os.environ).replace("cuda", "cuda:0")
    said = {"bundle": bundle, "keys": str(up.home.path / "keys"), "device": device, "threads": os.cpu_count()}
    (folder / "loop.json").write_text(json.dumps(said | {"jobs": asked}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.faults.loop", str(folder)]
    environment = outer(up.home) | {"OMP_WAIT_POLICY": "PASSIVE"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return Taken(**json.loads(ended.stdout))


def queued(up: Running, asked: Sequence[dict[str, Any]], model: str) -> tuple[list[str], Taken]:
    """All of them are submitted over REST while the worker is held; then it may begin."""
    worker = up.freeze("generate")
    try:
        ids = [up.submit(pictures(model, one["count"]) | {"seed": one["seed"]})[0] for one in asked]
    finally:
        began = time.time()
        os.kill(worker, signal.SIGCONT)
    up.ended(ids, WITHIN_S)
    kept = up.rows.kept_at(ids)
    return ids, Taken([first - began for first, _ in kept], max(last for _, last in kept) - began)


def bare(id_: str) -> str:
    """An id as SQLite keeps it."""
    return id_.replace("-", "")
