"""The process table: what runs with which environment."""

from __future__ import annotations

from deploy import processes
from deploy.home import Home


def names(home: Home, **outer: str) -> list[str]:
    """What runs, in order of its start."""
    return [process.name for process in processes.table("python", home.path, 3, outer)]


def test_the_broker_starts_first_and_stops_last(home: Home) -> None:
    table = processes.table("python", home.path, 3, {})
    assert table[0].name == max(table, key=lambda process: process.stop_turn).name == "valkey"


def test_no_broker_of_our_own_beside_one_that_is_named(home: Home) -> None:
    assert names(home, BROKER_URL="redis://elsewhere/0") == ["web", "train", "generate", "io"]


def test_the_named_broker_reaches_every_process(home: Home) -> None:
    seen = processes.environment({"BROKER_URL": "redis://elsewhere/0"}, home.path, 8000)
    assert seen["BROKER_URL"] == "redis://elsewhere/0"


def test_workers_take_the_queues_of_the_device(home: Home) -> None:
    table = processes.table("python", home.path, 3, {"KILNMARK_DEVICE": "cuda"})
    assert [process.command[7] for process in table if process.stop_turn == processes.STOPS_FIRST] == [
        "train.cuda",
        "generate.cuda",
        "io",
    ]


def test_a_worker_has_longer_to_stop_than_the_child_it_waits_for(home: Home) -> None:
    table = processes.table("python", home.path, 3, {"KILNMARK_STOP_GRACE_S": "120"})
    assert {process.grace_s > 120 for process in table if process.stop_turn == processes.STOPS_FIRST} == {True}
