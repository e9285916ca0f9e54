"""A client that a public generator makes from the document speaks with the platform."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.schema.conftest import Platform
from tests.served import PATIENCE_S

CONFIG = Path(__file__).with_name("generated_client.yml")
NAME = "kiln_generated"


@pytest.fixture
def generated(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """`generated("api.jobs.submit_job")`: a module of the package, made from the document as it is served."""
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx.get(f"{platform.url}/api/schema/?format=json", timeout=PATIENCE_S).content)
    program = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    places = ["--path", str(document), "--output-path", str(tmp_path / NAME), "--config", str(CONFIG)]
    done = subprocess.run([*program, *places], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "will be omitted" not in done.stdout + done.stderr
    assert "will not be generated" not in done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda part: importlib.import_module(f"{NAME}.{part}")
    for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
        del sys.modules[name]


def test_a_generated_client_submits_reads_lists_and_gets_typed_errors(
    platform: Platform, generated: Callable[..., ModuleType]
) -> None:
    models: Any = generated("models")
    with generated("client").AuthenticatedClient(base_url=platform.url, token=platform.token) as client:
        body = models.JobRequest(
            kind="train", family="dcgan", dataset_version=str(platform.scene.told.data.pk), seed="7"
        )
        made = generated("api.jobs.submit_job").sync(client=client, body=body, idempotency_key="once")
        again = generated("api.jobs.submit_job").sync(client=client, body=body, idempotency_key="once")
        read = generated("api.jobs.get_job").sync(made.id, client=client)
        page = generated("api.jobs.list_jobs").sync(client=client, kind="train", limit=1)
        wrong = generated("api.jobs.submit_job").sync(client=client, body=models.JobRequest(kind="paint"))
        artifact = platform.scene.told.made[0]
        content = generated("api.artifacts.get_artifact_content").sync_detailed(artifact.pk, client=client)
    assert (made.id, made.kind, made.state) == (again.id, "train", models.JobState.HELD)  # a policy holds it
    assert (read.seed, read.family, read.submitted_by) == ("7", "dcgan", "root")
    assert ([job.id for job in page.results], bool(page.next_)) == ([made.id], True)
    assert isinstance(wrong, models.Problem)
    assert (wrong.status, wrong.code, wrong.field) == (422, "unknown_kind", "kind")
    assert (content.status_code, len(content.content)) == (200, artifact.size)
