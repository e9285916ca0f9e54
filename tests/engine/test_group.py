"""Several processes that train together: the training of one, and the state of any of them is that of all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.engine.group_member import ACROSS, ALIKE, HALF, SIZE, STEPS, trained
from workers.engine.group import ALONE, Group, TooManyProcesses

ROOT = Path(__file__).parents[2]
Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> tuple[Path, Found]:
    """Where they worked, and what the first and the second of them found."""
    folder = tmp_path_factory.mktemp("group")
    trained(ALIKE[0], folder / "alone", ALONE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "platform"))),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    command = [sys.executable, "-m", "tests.engine.group_member", str(folder), port]
    subprocess.run(command, check=True, cwd=ROOT, env=env, timeout=120)
    return folder, [json.loads((folder / f"{rank}.json").read_text()) for rank in range(SIZE)]


def same_trace(one: Any, other: Any) -> None:
    assert [step for step, _ in one] == [step for step, _ in other]
    for (_, here), (_, there) in zip(one, other, strict=True):
        assert here == pytest.approx(there, rel=2e-4)


@pytest.mark.parametrize("name", ALIKE)
def test_two_processes_have_the_losses_of_one(name, members, tmp_path):
    same_trace(members[1][0][name]["metrics"], trained(name, tmp_path, ALONE)["metrics"])


@pytest.mark.parametrize("name", [*ALIKE, ACROSS, "resumed", "from_one", "in_parts"])
def test_all_hold_the_same_bits(name, members):
    first, second = members[1]
    assert first[name]["bits"] == second[name]["bits"]


def test_what_two_began_two_go_on_with_to_the_same_bits(members):
    assert members[1][0]["resumed"]["bits"] == members[1][0][ACROSS]["bits"]


def test_what_one_began_two_go_on_with(members):
    found = members[1][0]
    same_trace(found["from_one"]["metrics"], found[ALIKE[0]]["metrics"][HALF:])


def test_what_two_began_one_goes_on_with(members, tmp_path):
    folder, found = members
    saved = folder / "0" / ALIKE[0] / "checkpoints" / str(HALF)
    same_trace(trained(ALIKE[0], tmp_path, ALONE, saved)["metrics"], found[0][ALIKE[0]]["metrics"][HALF:])


def test_parts_of_their_rows_change_nothing(members):
    found = members[1][0]
    same_trace(found["in_parts"]["metrics"], found[ALIKE[0]]["metrics"])


def test_what_the_first_is_asked_stops_all_at_one_step(members):
    assert [found["asked"] for found in members[1]] == [{"stopped": 2}] * SIZE


def test_what_the_first_is_asked_amid_a_look_stops_all_at_one_step(members):
    assert [found["left_at_2"] for found in members[1]] == [{"stopped": 2}] * SIZE


def test_a_look_after_the_last_step_is_left_by_the_first_alone(members):
    first, second = (found[f"left_at_{STEPS}"] for found in members[1])
    assert first == {"stopped": STEPS}
    assert second["bits"] == members[1][1][ALIKE[0]]["bits"]


def test_the_first_alone_writes(members):
    folder, _ = members
    assert (folder / "0" / ALIKE[0] / "checkpoints" / str(HALF)).is_dir()
    assert not (folder / "1" / ALIKE[0] / "checkpoints").exists()
    assert STEPS > HALF


def test_a_batch_smaller_than_the_group_is_refused_by_all(members):
    assert [found["refused"]["code"] for found in members[1]] == ["too_many_processes"] * SIZE


@pytest.mark.parametrize(("size", "batch"), [(2, 7), (3, 64), (4, 4)])
def test_rows_of_all_are_the_batch_once(size, batch):
    rows = [Group(rank, size).rows(batch) for rank in range(size)]
    assert [row for low, high in rows for row in range(low, high)] == list(range(batch))


def test_more_processes_than_items_are_refused():
    with pytest.raises(TooManyProcesses) as refused:
        Group(0, 4).rows(3)
    assert (refused.value.field, refused.value.got) == ("params.batch_size", 3)


def test_one_alone_adds_nothing_up():
    one = torch.ones(3)
    ALONE.add_up([one])
    assert torch.equal(one, torch.ones(3))
    assert ALONE.told("pause") == "pause"
