"""How many processes an order gets, and that the real program trains, obeys and ends as several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.toys.attempts import SHADES, order, pictures
from workers.engine import launch
from workers.engine.dataset_files import DatasetFolder

ROOT = Path(__file__).parents[2]


def written(folder: Path, **said: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "order.json").write_text(json.dumps(said))
    return folder


@pytest.mark.parametrize(
    ("said", "processes"),
    [
        ({"kind": "train", "family": "dcgan", "params": {"batch_size": 8}, "processes": 2}, 2),
        ({"kind": "train", "family": "dcgan", "params": {"batch_size": 3}, "processes": 8}, 3),
        ({"kind": "train", "family": "dcgan", "params": {}}, 1),
        ({"kind": "evaluate", "params": {}, "processes": 2}, 1),
        ({"kind": "train", "family": "no such", "params": {}, "processes": 2}, 1),
        ({"kind": "train", "family": "dcgan", "params": {"batch_size": -1}, "processes": 2}, 1),
    ],
)
def test_a_training_gets_the_processes_of_its_order_if_its_batches_have_as_many_items(said, processes, tmp_path):
    assert launch.processes_of(written(tmp_path, **said)) == processes


def test_a_folder_without_an_order_is_left_to_whoever_runs_it(tmp_path):
    assert launch.processes_of(tmp_path) == 1


def test_torchrun_stands_in_front_of_the_same_program(tmp_path):
    said = launch.command(tmp_path, 2, leashed=True)
    assert said[-4:] == ["-m", "workers.engine", "--leashed", str(tmp_path)]
    assert said[said.index("--nproc-per-node") + 1] == "2"


@pytest.mark.slow
def test_two_real_processes_have_the_losses_of_one_and_one_goes_on_with_what_they_saved(tmp_path):
    place = pictures(tmp_path, SHADES)
    data = {"data": place | {"sha256": DatasetFolder.open(place["path"]).sha256}}
    params = {"steps": 8, "batch_size": 16, "checkpoint_every": 5, "width": 4, "stages": 2, "precision": "fp32"}
    said: dict[str, Any] = {"family": "ddpm", "inputs": data, "params": params, "threads": 2}
    ran = [engine(tmp_path / str(count), **said, processes=count) for count in (1, 2)]
    rest = engine(tmp_path / "rest", **said, resume=str(tmp_path / "2" / "checkpoints" / "5"))
    one, two = (losses(reports) for reports in ran)
    assert two == pytest.approx(one, rel=1e-3)
    assert losses(rest) == pytest.approx({step: value for step, value in one.items() if step > 5}, rel=1e-3)
    facts = {name: value for line in rest if line["type"] == "facts" for name, value in line["facts"].items()}
    assert facts["exact_why"] == ["1 processes share the batch from step 5 on"]
    assert [line["type"] for line in ran[1]].count("result") == 1


@pytest.mark.slow
def test_asked_to_leave_all_leave_and_when_the_leash_closes_all_end(tmp_path):
    place = pictures(tmp_path, SHADES)
    data = {"data": place | {"sha256": DatasetFolder.open(place["path"]).sha256}}
    said = {"family": "vae", "inputs": data, "params": {"steps": 10**6, "batch_size": 16, "precision": "fp32"}}
    for how in ("pause", "leash"):
        folder = written(tmp_path / how, **order("train", **said) | {"processes": 2})
        with served() as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps({"folder": str(folder)}) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                if json.loads(line)["type"] == "metric":
                    break
            if how == "pause":
                (folder / "control.json").write_text('{"want": "pause"}')
                last = [json.loads(line) for line in process.stdout][-1]
                assert (last["type"], last["why"]) == ("stopped", "pause")
            else:
                process.stdin.close()
                for _ in process.stdout:  # ends when nobody holds it any more
                    pass
            assert process.wait(60) == (0 if how == "pause" else 1)


def served() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "workers.engine", "--serve"]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def engine(folder: Path, *, processes: int = 1, **said: Any) -> list[dict[str, Any]]:
    written(folder, **order("train", **said) | {"processes": processes})
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    subprocess.run([sys.executable, "-m", "workers.engine", str(folder)], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in (folder / "reports.jsonl").read_text().splitlines()]


def losses(reports: list[dict[str, Any]]) -> dict[int, float]:
    """The loss of each step, without figures of the holdout."""
    said = [line for line in reports if line["type"] == "metric" and "denoising" in line["values"]]
    return {line["step"]: line["values"]["denoising"] for line in said}
