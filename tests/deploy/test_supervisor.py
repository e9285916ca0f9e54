"""The supervisor over small real programs: restarts, order of stopping, nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from supervised import Start, alive, pids, until

from deploy.child import Backoff, rotate
from deploy.errors import AlreadyRunning, CannotStart, PortTaken
from deploy.home import ROOT, Home, write_private
from deploy.supervisor import hold, listen

NAP = {"name": "nap", "command": ["sleep", "600"]}
OTHER = {"name": "other", "command": ["sleep", "600"]}


def polite(name: str, turn: int) -> dict[str, object]:
    """A program that writes its name into `order` when it is asked to end."""
    script = f'trap "echo {name} >> order; exit 0" TERM; touch {name}.up; while :; do sleep 0.02; done'
    return {"name": name, "command": ["sh", "-c", script], "stop_turn": turn}


def test_a_killed_child_is_started_again(home: Home, start: Start) -> None:
    start([NAP])
    first = pids(home, 1)["nap"]
    os.kill(first, signal.SIGKILL)
    assert until(lambda: pid if (pid := home.read_up().get("pids", {}).get("nap", first)) != first else 0)


def test_sigterm_stops_every_child_and_ends_with_zero(home: Home, start: Start) -> None:
    running = start([NAP, OTHER])
    children = pids(home, 2)
    running.terminate()
    assert running.wait(20) == 0
    assert not any(alive(pid) for pid in children.values())


def test_children_stop_in_their_turns(home: Home, start: Start) -> None:
    running = start([polite("broker", 2), polite("web", 1), polite("worker", 0)])
    until(lambda: all((home.path / f"{name}.up").exists() for name in ("broker", "web", "worker")))
    running.send_signal(signal.SIGINT)
    running.wait(20)
    assert (home.path / "order").read_text().split() == ["worker", "web", "broker"]


def test_a_child_that_does_not_stop_is_killed_after_its_grace(home: Home, start: Start) -> None:
    deaf = {"name": "deaf", "command": ["sh", "-c", 'trap "" TERM; touch deaf.up; while :; do sleep 0.02; done']}
    running = start([deaf | {"grace_s": 0.2}])
    until((home.path / "deaf.up").exists)
    child = pids(home, 1)["deaf"]
    running.terminate()
    assert "deaf did not stop in time" in running.communicate()[0]
    assert not alive(child)


def test_children_die_when_the_supervisor_is_killed(home: Home, start: Start) -> None:
    running = start([NAP, OTHER])
    children = pids(home, 2)
    running.kill()
    until(lambda: not any(alive(pid) for pid in children.values()))


def test_nothing_says_that_it_runs_after_a_stop(home: Home, start: Start) -> None:
    running = start([NAP])
    pids(home, 1)
    running.terminate()
    running.wait(20)
    assert not home.up_file.exists()


def test_the_pause_doubles_up_to_its_bound() -> None:
    assert [Backoff().pause_s(deaths) for deaths in (1, 2, 3, 6, 60)] == [1, 2, 4, 30, 30]


def test_a_taken_port_is_named_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(PortTaken, match=f"Port {port} is taken.*KILNMARK_PORT"):
            listen(port)


def test_without_a_wish_the_next_free_port_is_taken() -> None:
    with listen("") as first, listen("") as second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"KILNMARK_PORT.*'http'"):
        listen("http")


def test_a_second_supervisor_says_where_the_first_one_is(home: Home) -> None:
    write_private(home.up_file, '{"url": "http://127.0.0.1:8042"}')
    with hold(home), pytest.raises(AlreadyRunning, match=r"http://127\.0\.0\.1:8042"):
        hold(home)


def test_the_command_ends_with_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    seen = os.environ | {"KILNMARK_HOME": str(tmp_path), "KILNMARK_PORT": "99999"}
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.supervisor", "up"], cwd=ROOT, env=seen, capture_output=True, text=True
    )
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)


def test_a_log_that_has_grown_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for text in ("first", "second", "third"):
        log.write_text(text)
        rotate(log, limit_bytes=1, kept=2)
    assert sorted((file.name, file.read_text()) for file in tmp_path.iterdir()) == [
        ("web.log.1", "third"),
        ("web.log.2", "second"),
    ]
