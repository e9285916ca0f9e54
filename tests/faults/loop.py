"""`python -m tests.faults.loop FOLDER`: the same pictures without a queue: one process samples, encodes and marks.

FOLDER/loop.json says {bundle, keys, device, threads, jobs: [{seed, count}]}; what each job gets stands in a folder of
its own. It prints JSON {first_s: when each job had its first picture, last_s: when the last one was there}, in seconds
from when the model was open and one picture had been made. Batches are as full as they can be, across jobs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from models_store.keys import Keyring
from models_store.signing import sign_es256
from workers.contracts import Attempt
from workers.engine.bundle import Bundle, warm
from workers.engine.line import Line
from workers.engine.sampler import sample
from workers.engine.wishes import plain

ROLE = "model"
ABOUT = {"project": "p", "producer": "Kilnmark", "models": {ROLE: {"model_version": "m", "stage": "draft"}}}
WARM_UP = {"seed": "warm-up", "count": 1}


class Heard:
    """What the engine reports, of which only the moments are kept: one reporter for all jobs."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """Nobody is told."""

    def artifacts(self, items: list[dict[str, Any]]) -> None:
        """Nobody keeps them."""


def opened(folder: Path, job: Mapping[str, Any], keyring: Keyring) -> Line:
    """The release line of one job."""
    place = folder / str(job["seed"])
    place.mkdir()
    about = ABOUT | {"job": str(job["seed"]), "certificates_pem": keyring.credential_chain_pem}
    secrets = {"mark_key": keyring.project_mark_key("p").hex()}
    order = {"seed": job["seed"], "release": about}
    sign = partial(sign_es256, keyring.credential)
    return Line(Attempt(place, order, Heard(), lambda: "", secrets, sign), int(job["count"]), 0)  # type: ignore[arg-type]


def made(bundle: Bundle, jobs: Sequence[Mapping[str, Any]], lines: Mapping[str, Line]) -> dict[str, float]:
    """Make everything; when each job had its first picture (s, monotonic)."""
    wishes = [wish for job in jobs for wish in plain(str(job["seed"]), range(int(job["count"])))]
    modality, spec, first = bundle.modality(), bundle.spec(), dict[str, float]()
    for chunk, fields in sample(bundle, wishes):
        pairs = zip(chunk, modality.decode(fields, spec), strict=True)
        for seed, of_job in groupby(pairs, key=lambda pair: pair[0].start.seed):
            some, items = zip(*of_job, strict=True)
            lines[seed].add(ROLE, modality, some, items)
            first.setdefault(seed, time.monotonic())
    for line in lines.values():
        line.flush()
    return first


def main(folder: Path) -> None:
    """Warm up, then all jobs."""
    said = json.loads((folder / "loop.json").read_text(encoding="utf-8"))
    keyring = Keyring.load(Path(said["keys"]))
    bundle = warm(said["bundle"], said["device"], said["threads"])
    lines = {str(job["seed"]): opened(folder, job, keyring) for job in (WARM_UP, *said["jobs"])}
    made(bundle, [WARM_UP], {"warm-up": lines.pop("warm-up")})
    began = time.monotonic()
    first = made(bundle, said["jobs"], lines)
    ended = time.monotonic()
    print(json.dumps({"first_s": [at - began for at in first.values()], "last_s": ended - began}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
