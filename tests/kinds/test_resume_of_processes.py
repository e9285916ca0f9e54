"""The real engine, killed and asked to leave amid its work, ends on the very model of one that nobody disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.toys.attempts import SHADES, ingested, order, pictures
from tests.english_like import english_like
from workers.engine.dataset_files import DatasetFolder

ROOT = Path(__file__).parents[2]
STEPS = 13
LOOP = {"steps": STEPS, "batch_size": 16, "checkpoint_every": 5, "sample_every": 1000}
Data = dict[str, str]


@pytest.fixture(scope="module")
def shades(tmp_path_factory) -> Data:
    place = pictures(tmp_path_factory.mktemp("shades"), SHADES)
    return place | {"sha256": DatasetFolder.open(place["path"]).sha256}


@pytest.fixture(scope="module")
def tale(tmp_path_factory) -> Data:
    upload = tmp_path_factory.mktemp("tale") / "tale.txt"
    upload.write_text(english_like(1, 3000), encoding="utf-8")
    place = ingested(upload.parent / "data", "text", upload, length=16)
    return place | {"sha256": DatasetFolder.open(place["path"]).sha256}


def engine(folder: Path, **said: Any) -> subprocess.Popen[str]:
    folder.mkdir(parents=True)
    (folder / "order.json").write_text(json.dumps(order("train", **said)))
    command = [sys.executable, "-m", "workers.engine", str(folder)]
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def reports(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "reports.jsonl").read_text().splitlines()]


def trace(*folders: Path) -> dict[int, dict[str, float]]:
    """The losses by step; a later attempt says those after its checkpoint again."""
    return {one["step"]: one["values"] for folder in folders for one in reports(folder) if one["type"] == "metric"}


def stop_at(process: subprocess.Popen[str], step: int, how: str, folder: Path) -> None:
    """Kill it, or ask it, as soon as it has told of that step."""
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            said = json.loads(line)
            if said["type"] == "metric" and said["step"] == step:
                if how == "kill":
                    process.kill()
                else:
                    (folder / "control.json").write_text(json.dumps({"want": how}))
    assert process.wait() == (-signal.SIGKILL if how == "kill" else 0)


def newest(folder: Path) -> str:
    return str(max((folder / "checkpoints").iterdir(), key=lambda place: int(place.name)))


def to_the_end(process: subprocess.Popen[str], folder: Path) -> Path:
    process.communicate()
    assert process.returncode == 0, reports(folder)[-1]
    return folder


@pytest.mark.parametrize(
    ("family", "data", "params"),
    [
        pytest.param("dcgan", "shades", {"width": 4, "latent_dim": 4}, id="dcgan"),
        pytest.param("lstm", "tale", {"width": 16, "layers": 2, "dropout": 0.2}, id="lstm", marks=pytest.mark.slow),
    ],
)
def test_killed_and_asked_to_yield_it_ends_on_the_same_model(family, data, params, tmp_path, request):
    inputs = {"data": request.getfixturevalue(data)}
    said: dict[str, Any] = {"family": family, "inputs": inputs, "params": LOOP | params, "threads": 2}
    whole = to_the_end(engine(tmp_path / "whole", **said), tmp_path / "whole")

    killed, left, rest = (tmp_path / name for name in ("killed", "left", "rest"))
    stop_at(engine(killed, **said), 7, "kill", killed)
    stop_at(engine(left, **said, resume=newest(killed)), 8, "yield", left)
    assert reports(left)[-1]["why"] == "yield"
    to_the_end(engine(rest, **said | {"threads": 1}, resume=newest(left)), rest)  # threads are those of the first start

    assert trace(killed, left, rest) == trace(whole)
    one, other = ((folder / "bundle" / "weights.safetensors").read_bytes() for folder in (whole, rest))
    assert one == other
    facts = [line["facts"] for line in reports(rest) if line["type"] == "facts"]
    assert [(said["exact"], said["threads"]) for said in facts] == [(True, 2)]
