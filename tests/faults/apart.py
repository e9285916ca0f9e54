"""Platforms of their own, for faults that would not leave the common one whole: other databases, disks and limits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from deploy.home import ROOT, Home
from tests.faults.conftest import DECLARATION, TINY
from tests.faults.rows import Rows
from tests.faults.running import Running, outer, started


class PostgresRows(Rows):
    """The same questions to a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query that was written for SQLite."""
        said = query.replace("%", "%%").replace("?", "%s")
        said = said.replace("json_extract(params, '$.count')", "(params->>'count')::int")
        said = said.replace("json_extract(d.detail, '$.attempt')", "(d.detail->>'attempt')")
        with psycopg.connect(self.url) as line:
            rows = line.execute(said, values).fetchall()  # type: ignore[arg-type]
        return [tuple(one.hex if isinstance(one, UUID) else one for one in row) for row in rows]


@contextmanager
def platform(place: Path, settings: Mapping[str, str], workers: Mapping[str, int] | None = None) -> Iterator[Running]:
    """One that is set up in `place` with further settings, and runs."""
    home = Home(place)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():  # management commands read them too
            environment.setenv(name, value)
        command = [sys.executable, "-m", "deploy.preparation"]
        subprocess.run(command, cwd=ROOT, env=outer(home) | settings, check=True, stdout=subprocess.DEVNULL)
        with started(home, workers or {}, settings) as up:
            if "DATABASE_URL" in settings:
                up.rows = PostgresRows(settings["DATABASE_URL"])
            yield up


def ready_data(up: Running) -> str:
    """The id of a data set version that is ready: digits at 16 px."""
    dataset = up.client.post("datasets", {"name": "digits", "modality": "image", "declaration": DECLARATION})
    options = {"builtin": "digits", "options": {"size": 16, "channels": "grey"}}
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
