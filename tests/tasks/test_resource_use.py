"""What an attempt used of the machine, and what a worker says of it: from a real child, and from files like /proc."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog import plugins
from catalog.services import declare_dataset
from jobs import presence, uploads
from jobs.claim import Claim, beat, claim_next, finish, take_back
from jobs.models import Attempt, Job, Listener, State
from tests import builders
from tests.english_like import english_like
from workers.registry import describe_all
from workers.tasks import batch, machine, poll
from workers.tasks.child import Child
from workers.tasks.child_memory import ChildMemory
from workers.tasks.child_use import AttemptUse, cpu_seconds
from workers.tasks.machine import gpu_figures, machine_facts, temperature

DECLARED = {"source": "a test", "licence": "CC0", "legal_basis": "none needed"}
MIB = 1 << 20
MEMINFO = "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  600 kB\nHugePages_Total:  0\n"


@pytest.fixture
def claim(db: None, project: Project, submitter: User) -> Claim:
    builders.job(project, submitter, "verify", queue="io")
    found = claim_next("io", "w1")
    assert found
    return found


def measured(claim: Claim, used: dict[str, Any]) -> Claim:
    return Claim(claim.job_id, claim.token, claim.worker, claim.lease_s, measured=lambda: used)


@pytest.mark.django_db
def test_an_attempt_of_a_real_child_records_its_cpu_time_and_its_memory(project: Project, submitter: User) -> None:
    plugins.announce("test worker", describe_all())
    home = declare_dataset(project, name="tales", modality="text", declaration=DECLARED, actor=submitter)
    file = SimpleUploadedFile("tales.txt", english_like(1, 60_000).encode())
    _, job = uploads.ingest(home, options={"length": 32}, actor=submitter, file=file)
    claim = claim_next("io", "w1")
    try:
        batch.run_claims([claim], threading.Event())
    finally:
        batch.drop_warm()
    row = Attempt.objects.get(job=job)
    assert row.outcome == State.SUCCEEDED, row.reason
    assert 0 < row.used["cpu_s"] < row.used["wall_s"] * (os.cpu_count() or 1) + 1
    assert 20 * MIB < row.used["peak_memory_bytes"] < 4096 * MIB
    assert Job.objects.get(pk=job.pk).used == row.used


def test_the_cpu_time_of_a_child_is_known_once_it_was_killed(tmp_path: Path) -> None:
    child = Child(None)
    (tmp_path / "order.json").write_text(json.dumps({"kind": "juggle"}))
    child.send(tmp_path, {})
    while child.report(60.0)["type"] != "failure":
        pass
    os.kill(child.process.pid, signal.SIGKILL)
    child.end()
    assert cpu_seconds(child.process.pid) is None
    assert child.cpu_s() > 0.1  # it has imported what every child imports


def test_what_a_warm_child_used_for_an_earlier_order_is_not_counted_again() -> None:
    clock = iter((10.0, 12.5))
    memory = ChildMemory(os.getpid())
    assert AttemptUse(lambda: next(clock), memory).now()["cpu_s"] == 2.5


def test_orders_that_share_batches_are_each_charged_their_part() -> None:
    clock = iter((10.0, 14.0, 15.0))
    use = AttemptUse(lambda: next(clock), ChildMemory(os.getpid()))
    use.begin_part()
    assert use.now()["cpu_s"] == 1.0


def test_memory_that_was_held_for_an_earlier_order_is_not_a_later_ones_peak(tmp_path: Path) -> None:
    place = tmp_path / "7"
    place.mkdir()
    (tmp_path / "meminfo").write_text("MemTotal: 1000 kB\n")
    status = place / "status"
    status.write_text("VmHWM:\t900 kB\nVmRSS:\t300 kB\nVmData:\t1 kB\n")
    memory = ChildMemory(7, proc=tmp_path, cgroups=tmp_path)
    mark = memory.begin()
    status.write_text("VmHWM:\t900 kB\nVmRSS:\t400 kB\nVmData:\t1 kB\n")
    assert memory.peak_since(mark) == 400 * 1024
    status.write_text("VmHWM:\t950 kB\nVmRSS:\t400 kB\nVmData:\t1 kB\n")
    assert memory.peak_since(mark) == 950 * 1024


def test_a_beat_carries_what_was_used_in_the_update_that_it_is(claim: Claim) -> None:
    used = {"cpu_s": 1.5}
    with CaptureQueriesContext(connection) as plain:
        beat(claim, done=2)
    with CaptureQueriesContext(connection) as carrying:
        beat(measured(claim, used), done=3)
    assert len(carrying) == len(plain)
    assert Job.objects.get(pk=claim.job_id).used == used


def test_the_end_writes_what_was_used_with_the_attempt(claim: Claim) -> None:
    finish(measured(claim, {"cpu_s": 2.5}), State.SUCCEEDED)
    assert Attempt.objects.get(job=claim.job_id).used == {"cpu_s": 2.5}


def test_of_an_attempt_whose_worker_fell_silent_the_last_beat_is_kept(claim: Claim) -> None:
    beat(measured(claim, {"cpu_s": 0.5}))
    take_back(Job.objects.get(pk=claim.job_id), actor="sweeper", reason="silent", silent=True)
    assert Attempt.objects.get(job=claim.job_id).used == {"cpu_s": 0.5}


def test_the_next_attempt_begins_at_nothing(claim: Claim) -> None:
    take_back(Job.objects.get(pk=claim.job_id), actor="w1", reason="died", used={"cpu_s": 9.0})
    Job.objects.update(not_before=None)
    assert claim_next("io", "w2")
    assert Job.objects.get(pk=claim.job_id).used == {}


@pytest.mark.django_db
def test_a_worker_says_with_its_presence_how_its_machine_is() -> None:
    poll.be_here("w1", ["io"])
    poll.be_here("w1", ["io"])
    facts = Listener.objects.get(worker="w1").facts
    assert {"device", "name", "cores", "load", "memory_bytes", "memory_used_bytes", "disk_free_bytes"} <= facts.keys()
    assert (facts["device"], facts["broker"]) == ("cpu", "absent")
    assert 0 < facts["memory_used_bytes"] < facts["memory_bytes"]


@pytest.mark.django_db
def test_presence_without_figures_is_presence_still() -> None:
    presence.here("w1", ["io"])
    assert Listener.objects.get().facts == {}


def test_a_machine_that_tells_little_is_told_of_without_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(MEMINFO)
    facts = machine_facts(["train.cpu"], settings.ROOT, broker=True, proc=tmp_path, sys=tmp_path)
    assert "temperature_c" not in facts
    assert (facts["name"], facts["broker"], facts["memory_used_bytes"]) == ("", "ok", 400 * 1024)


def test_the_temperature_is_the_processors_where_there_are_several_zones(tmp_path: Path) -> None:
    for place, kind, degrees in (("0", "acpitz", "90000"), ("1", "x86_pkg_temp", "61500"), ("2", "cpu", "-274000")):
        zone = tmp_path / "class/thermal" / f"thermal_zone{place}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(kind + "\n")
        (zone / "temp").write_text(degrees + "\n")
    assert temperature(tmp_path) == 61.5


def test_a_figure_that_a_gpu_does_not_know_is_left_out() -> None:
    assert gpu_figures("35, 8192, 1024, [N/A], Some card\n") == {
        "gpu_load": 0.35, "gpu_memory_bytes": 8192 * MIB, "gpu_memory_used_bytes": 1024 * MIB, "name": "Some card",
    }  # fmt: skip


@pytest.mark.parametrize(("queue", "device"), [("io", "cpu"), ("train.cpu", "cpu"), ("generate.cuda", "cuda:0")])
def test_a_queue_says_on_what_its_worker_computes(queue: str, device: str) -> None:
    assert machine.device_of([queue]) == device
