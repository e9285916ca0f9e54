"""`kilnmark watch` and `train --watch` in a real terminal, before a real web process that ends and comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from accounts.models import Project, User
from accounts.services import issue_token
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobEvent, State
from tests import builders
from tests.client.pseudo_terminal import ROOT, Terminal
from tests.served import Web, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]


Open = Callable[..., Terminal]


@pytest.fixture
def opened(submitter: User) -> Iterator[Open]:
    """`opened(url, "watch", id)`: a command of the submitter in a terminal."""
    terminals: list[Terminal] = []
    token = issue_token(submitter)[1]

    def run(url: str, *words: object) -> Terminal:
        terminals.append(Terminal(*words, environment={"KILNMARK_URL": url, "KILNMARK_TOKEN": token}))
        return terminals[-1]

    yield run
    for one in terminals:
        one.close()


@pytest.fixture
def terminal(web: Web, opened: Open) -> Open:
    """The same before a web process that stays."""
    return partial(opened, web.url)


def tell(job: Job, kind: str, **data: Any) -> None:
    JobEvent.objects.create(job=job, type=kind, at=clock.now(), data=data)


def learn(job: Job, step: int) -> None:
    Job.objects.filter(pk=job.pk).update(done=step, total=40, unit="steps")
    tell(job, "metric", step=step, values={"loss": 1 / step})


def end(job: Job, state: State = State.SUCCEEDED, **facts: Any) -> None:
    tell(job, "state", state=state, reason="")
    Job.objects.filter(pk=job.pk).update(state=state, **facts)


@pytest.fixture
def running(project: Project, submitter: User) -> Job:
    """A training on its way."""
    job = builders.job(project, submitter, state=State.RUNNING, name="tonight")
    learn(job, 10)
    return job


@pytest.mark.parametrize("how", [Web.stop, Web.cut])
def test_a_training_is_watched_through_a_restart_of_the_platform(
    terminal: Open, web: Web, project: Project, submitter: User, how: Callable[[Web], None]
) -> None:
    builders.dataset_version(project, submitter)
    seen = terminal("train", "digits", "--family", "dcgan", "--name", "tonight", "--watch")
    job = until(lambda: Job.objects.filter(kind="train").first())
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
    learn(job, 10)
    seen.shows("10/40 steps")
    how(web)
    learn(job, 20)
    web.start()
    seen.shows("20/40 steps")
    learn(job, 40)
    end(job)
    assert seen.ended() == 0
    assert "succeeded" in seen.text
    assert Job.objects.filter(kind="train").count() == 1


def test_curves_and_samples_are_drawn(terminal: Open, running: Job, project: Project) -> None:
    sha256 = blobs().put(namespace(project), builders.png())
    for step in range(11, 30):
        learn(running, step)
    tell(running, "sample", step=20, sha256=sha256)
    seen = terminal("watch", running.pk)
    seen.shows("samples at step 20")
    seen.shows("▀")
    assert "loss" in seen.text
    assert any(0x2800 < ord(letter) <= 0x28FF for letter in seen.text)
    end(running)
    assert seen.ended() == 0


def test_ctrl_c_leaves_the_job_alone_and_says_so(terminal: Open, running: Job) -> None:
    seen = terminal("watch", running.pk)
    seen.shows("10/40 steps")
    seen.interrupt()
    assert seen.ended() == 130
    assert f"The job goes on. To watch it again: kilnmark watch {running.pk}" in " ".join(seen.text.split())
    running.refresh_from_db()
    assert running.state == State.RUNNING
    assert "Traceback" not in seen.text


@pytest.mark.parametrize(("state", "code"), [(State.FAILED, 20), (State.ERRORED, 20), (State.CANCELLED, 21)])
def test_the_exit_code_says_how_the_job_came_out(terminal: Open, running: Job, state: State, code: int) -> None:
    seen = terminal("watch", running.pk)
    seen.shows("10/40 steps")
    end(running, state, error_code="out_of_memory" if code == 20 else "", error_detail="It does not fit.")
    assert seen.ended() == code
    assert ("It does not fit." in seen.text) is (code == 20)


def test_without_a_terminal_each_event_is_a_line_and_no_colour_is_sent(web: Web, submitter: User, running: Job) -> None:
    end(running)
    said = {"KILNMARK_URL": web.url, "KILNMARK_TOKEN": issue_token(submitter)[1], "PYTHONPATH": str(ROOT / "client")}
    command = [sys.executable, "-m", "kilnmark", "watch", str(running.pk)]
    lines = subprocess.run([*command, "--json"], env=said, capture_output=True, text=True, timeout=60)
    found = [json.loads(line) for line in lines.stdout.splitlines()]
    assert (lines.returncode, lines.stderr) == (0, "")
    assert {"metric", "state"} <= {one["event"] for one in found}
    assert found[-1]["event"] == "end"
    assert found[-1]["job"]["id"] == str(running.pk)
    plain = subprocess.run(command, env=said, capture_output=True, text=True, timeout=60)
    assert plain.stdout == f"{running.pk}\tsucceeded\n"
