"""Is this ours? How long POST /api/v1/verify takes when a project has made 100,000 jobs, each with its own watermark.

On a platform of its own over REST, everything running: web process, workers, Valkey, SQLite. Each picture is new to it
and carries nothing, so the signs of every job are held against it, and no digest or credential gives an early answer.
The first question after so many jobs were added waits until their signs are made, and is told apart.
"""

from __future__ import annotations

import io
import time

import numpy as np
from PIL import Image

from benchmarks.timing import Figure, interval, measured
from benchmarks.topics.job_overhead import home
from deploy.demo_client import Client
from deploy.demo_platform import manage, running

JOBS = 100_000
SIZES_PX = (64, 256)
BAR_MS = {64: 300.0}  # of the slowest in twenty
WARM_UPS = 3
APART_S = 0.55  # a person may ask 120 times a minute


def measure(pairs: int) -> dict[str, Figure]:
    """Twice as many questions as `pairs` for each size of picture."""
    figures: dict[str, Figure] = {}
    with home() as place, running(place) as url:
        client = Client(url, manage(place, "token", "admin"))
        project = client.get("projects")["results"][0]["name"]
        asked(client, SIZES_PX[0], 0)
        manage(place, "seed_history", "--project", project, "--jobs", str(JOBS))
        for size_px in SIZES_PX:
            first = asked(client, size_px, 1)
            for seed in range(WARM_UPS):
                asked(client, size_px, 2 + seed)
            took = [asked(client, size_px, 100 + seed) for seed in range(2 * pairs)]
            figures |= {
                f"{size_px} px, first after {JOBS:,} new jobs": Figure(first, "ms", first, first, 1),
                f"{size_px} px, p50": measured(took, unit="ms"),
                f"{size_px} px, p95": slowest(took, at_most=BAR_MS.get(size_px)),
            }
        client.http.close()
    return figures


def asked(client: Client, size_px: int, seed: int) -> float:
    """Milliseconds from sending a picture to its verdict."""
    name, data = f"{seed}.png", picture(size_px, seed)
    began = time.perf_counter()
    said = client.upload("verify", name, data)
    while "verdict" not in said:
        said = client.get(f"verify/{said['job']['id']}")
    took = time.perf_counter() - began
    time.sleep(max(0.0, APART_S - took))
    return 1000 * took


def picture(size_px: int, seed: int) -> bytes:
    """Soft coloured clouds with a little grain, as a PNG."""
    draws = np.random.default_rng(seed)
    soft = Image.fromarray(draws.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((size_px, size_px))
    grain = draws.normal(0, 4, (size_px, size_px, 3))
    with io.BytesIO() as file:
        Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8)).save(file, "PNG")
        return file.getvalue()


def slowest(values: list[float], *, at_most: float | None) -> Figure:
    """The 95th percentile of single measurements, with the bootstrap interval of it."""
    found = np.array(values)
    low, high = interval(found, quantile=0.95)
    return Figure(float(np.quantile(found, 0.95)), "ms", low, high, len(found), at_most=at_most)
