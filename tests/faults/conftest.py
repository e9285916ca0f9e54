"""One home and one platform for all faults; each leaves it whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.home import Home
from tests.faults.running import Running, prepared, started

DECLARATION = {"source": "scikit-learn's digits", "licence": "CC BY 4.0", "legal_basis": "published research data"}
TINY = {"steps": 12, "batch_size": 16, "width": 4, "latent_dim": 8, "sample_every": 1000, "checkpoint_every": 1000}


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Prepared once."""
    return prepared(tmp_path_factory.mktemp("faults") / "home")


@pytest.fixture(scope="package")
def up(home: Home) -> Iterator[Running]:
    """It runs."""
    with started(home, environment={"KILNMARK_TEST_WEB_SETTINGS": "tests.faults.dying_settings"}) as running:
        yield running


@pytest.fixture(scope="package")
def data(up: Running) -> str:
    """The id of a data set version that is ready: digits at 16 px."""
    said = {"name": "digits", "modality": "image", "declaration": DECLARATION}
    dataset = up.client.post("datasets", said)
    options = {"builtin": "digits", "options": {"size": 16, "channels": "grey"}}
    version = up.client.post(f"datasets/{dataset['id']}/versions", options)
    up.client.finished(version["job"]["id"])
    return str(version["id"])


@pytest.fixture(scope="package")
def model(up: Running, data: str) -> str:
    """The id of a tiny model's version; a draft, which generates for its submitter."""
    body: dict[str, Any] = {"kind": "train", "dataset_version": data, "family": "dcgan", "params": TINY, "name": "tiny"}
    return str(up.client.finished(up.client.submit(body)["id"])["result"]["model_version"])
