"""Platforms of their own, for faults that would not leave the common one whole: other databases, disks and limits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.home import ROOT, Home
from tests.faults.conftest import DECLARATION, TINY
from tests.faults.running import Running, outer, started


@contextmanager
def platform(place: Path, settings: Mapping[str, str], workers: Mapping[str, int] | None = None) -> Iterator[Running]:
    """One that is set up in `place` with further settings, and runs."""
    home = Home(place)
    command = [sys.executable, "-m", "deploy.preparation"]
    subprocess.run(command, cwd=ROOT, env=outer(home) | settings, check=True, stdout=subprocess.DEVNULL)
    with started(home, workers or {}, settings) as up:
        yield up


def ready_data(up: Running, size_px: int = 16) -> str:
    """The id of a data set version that is ready: digits."""
    said = {"name": f"digits {size_px}", "modality": "image", "declaration": DECLARATION}
    dataset = up.client.post("datasets", said)
    options = {"builtin": "digits", "options": {"size": size_px, "channels": "grey"}}
    version = up.client.post(f"datasets/{dataset['id']}/versions", options)
    up.client.finished(version["job"]["id"])
    return str(version["id"])


def training(data: str, **params: Any) -> dict[str, Any]:
    """A submission: train a tiny model, unless told otherwise."""
    return {"kind": "train", "dataset_version": data, "family": "dcgan", "params": TINY | params, "name": "tiny"}


def tiny_model(up: Running, data: str) -> str:
    """The id of a tiny model's version."""
    return str(up.client.finished(up.client.submit(training(data))["id"])["result"]["model_version"])


def pictures(model: str, count: int) -> dict[str, Any]:
    """A submission: generate so many."""
    return {"kind": "generate", "model_version": model, "count": count, "params": {}}
