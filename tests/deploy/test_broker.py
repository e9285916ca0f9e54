"""The embedded Valkey: the real binary on a private socket."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from supervised import until

from deploy import broker
from deploy.home import Home


@pytest.fixture
def server(home: Home) -> Iterator[Path]:
    """A running server; its socket."""
    running = subprocess.Popen(broker.command(home.path), stdout=subprocess.DEVNULL)
    yield broker.socket_path(home.path)
    running.terminate()
    running.wait(10)


def test_the_server_answers_on_its_socket(server: Path) -> None:
    assert until(lambda: broker.answers(server))


def test_only_the_owner_may_use_the_socket(server: Path) -> None:
    until(lambda: broker.answers(server))
    assert server.stat().st_mode & 0o077 == 0


def test_nobody_answers_where_no_server_runs(tmp_path: Path) -> None:
    assert not broker.answers(tmp_path / "none.sock")


def test_a_home_with_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    path = broker.socket_path(tmp_path / ("long" * 30))
    assert len(str(path)) <= broker.SOCKET_PATH_LIMIT
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.rmdir()


def test_the_url_names_the_socket(home: Home) -> None:
    assert broker.url(home.path) == f"redis+socket://{broker.socket_path(home.path)}"
