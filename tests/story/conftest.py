"""A whole platform in a home of its own: real Valkey, web process, workers and engines, driven by REST alone.

On PostgreSQL its blobs lie in a bucket, as on more than one machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.demo_client import Client
from deploy.demo_platform import manage, ready_url
from deploy.home import ROOT, Home
from tests.english_like import english_like
from tests.home import SERVER
from tests.s3_server import CREDENTIALS, S3Server

DECLARATION = {"source": "scikit-learn's digits", "licence": "CC BY 4.0", "legal_basis": "published research data"}
TINY = {
    "steps": 12, "batch_size": 16, "width": 4, "latent_dim": 8, "sample_every": 6, "checkpoint_every": 4,
    "generator_lr": 0.05,
}  # fmt: skip
SMALL = {"steps": 8, "batch_size": 16, "width": 16, "layers": 1, "sample_every": 4, "checkpoint_every": 4}
PROMPT = "the "


@dataclass
class Platform:
    """What runs, and two people who use it."""

    home: Home
    url: str
    submitter: Client
    reviewer: Client
    supervisor: subprocess.Popen[bytes]

    def pid(self, name: str) -> int:
        """The process of that name now."""
        return int(self.home.read_up()["pids"][name])


@pytest.fixture(scope="package")
def far_store() -> Iterator[dict[str, str]]:
    """The settings of a store in a bucket; none, for the one in the home, where the database is a file."""
    if not SERVER:
        yield {}
        return
    s3 = S3Server()
    yield CREDENTIALS | {"STORE_URL": f"s3://{s3.make_bucket()}/store?endpoint={s3.url}&region=us-east-1"}
    s3.stop()


@pytest.fixture(scope="package")
def platform_up(tmp_path_factory: pytest.TempPathFactory, far_store: dict[str, str]) -> Iterator[Platform]:
    """A prepared home and everything running in it; stopped by SIGTERM at the end."""
    home = Home(tmp_path_factory.mktemp("story") / "home")
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("KILNMARK_", "DJANGO_"))}
    outer |= far_store | {"KILNMARK_HOME": str(home.path), "KILNMARK_HEAD_EVERY_S": "1"}
    for command in (["-m", "deploy.preparation"],):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=outer, check=True, stdout=subprocess.DEVNULL)
    log = home.logs / "supervisor.log"
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.supervisor", "up"], cwd=ROOT, env=outer, stdout=out, stderr=out
        )
    try:
        url = ready_url(home, supervisor)
        manage(home, "adduser", "rita", "--project", "studio", "--role", "reviewer", "--quiet")
        clients = [Client(url, manage(home, "token", name)) for name in ("admin", "rita")]
        yield Platform(home, url, *clients, supervisor)
        for client in clients:
            client.http.close()
    finally:
        supervisor.terminate()
        supervisor.wait(90)


@pytest.fixture(scope="package")
def data(platform_up: Platform) -> str:
    """The id of a data set version that is ready: digits at 16 px."""
    dataset = platform_up.submitter.post(
        "datasets", {"name": "digits", "modality": "image", "declaration": DECLARATION}
    )
    options = {"size": 16, "channels": "grey"}
    version = platform_up.submitter.post(
        f"datasets/{dataset['id']}/versions", {"builtin": "digits", "options": options}
    )
    platform_up.submitter.finished(version["job"]["id"])
    return str(version["id"])


@pytest.fixture(scope="package")
def trained(platform_up: Platform, data: str) -> dict[str, Any]:
    """A finished training job."""
    body = {"kind": "train", "dataset_version": data, "family": "dcgan", "params": TINY, "name": "tiny"}
    return platform_up.submitter.finished(platform_up.submitter.submit(body)["id"])


@pytest.fixture(scope="package")
def approved(platform_up: Platform, trained: dict[str, Any]) -> str:
    """The id of the trained version once a second person approved it."""
    made = trained["result"]
    path = f"models/{made['model']}/versions/{made['version']}"
    assert platform_up.submitter.refusal(f"{path}/approve", {"comment": "mine"})["code"] == "four_eyes"
    assert platform_up.reviewer.post(f"{path}/approve", {"comment": "looked at it"})["stage"] == "approved"
    return str(made["model_version"])


@pytest.fixture(scope="package")
def generated(platform_up: Platform, approved: str) -> dict[str, Any]:
    """A finished generate job of 70 artifacts: two chunks."""
    body = {"kind": "generate", "model_version": approved, "count": 70, "seed": "11", "purpose": "test"}
    return platform_up.submitter.finished(platform_up.submitter.submit(body)["id"])


@pytest.fixture(scope="package")
def prose(platform_up) -> dict[str, Any]:
    """The answer to an upload of one text; its ingest may still be running."""
    client = platform_up.submitter
    declaration = {"source": "made up", "licence": "CC0-1.0", "legal_basis": "none needed"}
    said = {"name": "prose", "modality": "text", "declaration": declaration, "options": {"length": 64}}
    dataset = client.post("datasets", {name: said[name] for name in ("name", "modality", "declaration")})
    data = ("the " + english_like(7, 3000)).encode("utf-16")
    answer = client.http.post(
        f"datasets/{dataset['id']}/versions",
        files={"file": ("prose.txt", data)}, data={"options": json.dumps(said["options"])},
    )  # fmt: skip
    return client.checked(answer).json()


@pytest.fixture(scope="package")
def pipeline(platform_up, prose) -> dict[str, dict[str, Any]]:
    """Train, evaluate and generate, sent in one body while the data may still be read; each job once it has ended."""
    client = platform_up.submitter
    body = {
        "kind": "train", "family": "lstm", "dataset_version": prose["id"], "params": SMALL, "name": "prose-lstm",
        "then": [
            {"kind": "evaluate", "count": 20},
            {"kind": "generate", "count": 5, "seed": "3", "params": {"prompt": PROMPT, "length": 3000}},
        ],
    }  # fmt: skip
    first = client.submit(body)
    jobs = [first, *(client.get(f"jobs/{one}") for one in first["then"])]
    return {job["kind"]: client.finished(job["id"]) for job in jobs}
