"""A training that runs out of memory goes on in smaller parts of its batch, and says so; at one item it fails."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditEvent
from catalog import plugins
from catalog.models import ModelVersion
from catalog.services import declare_dataset
from catalog.store import blobs, namespace
from desk.words.sentences import _patterns
from jobs import uploads
from jobs.claim import claim_next
from jobs.models import Job, State
from jobs.submission import send
from models_store.manifest import read_manifest
from tests import builders
from workers.registry import describe_all
from workers.tasks import batch
from workers.tasks.child import Child
from workers.tasks.child_memory import ChildMemory
from workers.tasks.smaller_batch import halved, tried, try_smaller

DECLARED = {"source": "a test", "licence": "CC0", "legal_basis": "none needed"}
LIMIT_BYTES = 700 << 20


@pytest.fixture(autouse=True)
def nobody_left():
    yield
    batch.drop_warm()


@pytest.fixture
def claimed(project, submitter, offered):
    """`claimed(facts)`: a training of batch 64 that runs."""

    def make(**facts: Any) -> tuple[Any, Job]:
        job = builders.job(project, submitter, params={"batch_size": 64, "steps": 5}, facts=facts)
        return claim_next("train.cpu", "w1"), job

    return make


@pytest.mark.parametrize(("size", "steps"), [(64, [32, 16, 8, 4, 2, 1]), (7, [4, 2, 1]), (6, [3, 2, 1]), (1, [])])
def test_parts_are_halved_until_one_item_is_left(size, steps):
    found, now = [], 0
    while now := halved(size, now):
        found.append(now)
    assert found == steps
    assert tried(size, 1) == [size, *steps]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("facts", "reason", "parts"),
    [
        ({}, "out of memory at batch 64, retrying at 32", {"micro_batch": 32, "accumulate": 2}),
        ({"micro_batch": 32}, "out of memory at batch 32, retrying at 16", {"micro_batch": 16, "accumulate": 4}),
    ],
)
def test_it_is_queued_again_at_half_and_the_log_knows(claimed, facts, reason, parts):
    claim, job = claimed(threads=2, **facts)
    try_smaller(claim, job)
    job.refresh_from_db()
    assert (job.state, job.state_reason, job.barren_attempts) == (State.QUEUED, reason, 0)
    assert job.facts == {"threads": 2, **parts}
    assert job.tries.get().outcome == "failed"
    assert job.events.filter(type="state").last().data["reason"] == reason
    said = AuditEvent.objects.filter(verb="job.queued").last().detail.detail
    assert {name: said[name] for name in parts} == parts


@pytest.mark.django_db
@pytest.mark.parametrize(("now", "smaller"), [(0, 16), (16, 8), (64, 16)], ids=["whole", "part", "more than it has"])
def test_of_several_processes_each_computes_half_of_its_own_share_next(claimed, monkeypatch, now, smaller):
    monkeypatch.setattr(settings, "PROCESSES", 2)
    claim, job = claimed(micro_batch=now)
    try_smaller(claim, job)
    job.refresh_from_db()
    before = min(now or 32, 32)
    assert job.state_reason == f"out of memory at batch {before} in each of 2 processes, retrying at {smaller}"
    assert (job.facts["micro_batch"], job.facts["accumulate"]) == (smaller, 32 // smaller)
    template = next(one for one, pattern in _patterns() if pattern.fullmatch(job.state_reason))
    assert "in each of %(count)s processes" in template  # as it is translated by


@pytest.mark.django_db
def test_at_one_item_in_each_process_fewer_processes_are_a_way_out(claimed, monkeypatch):
    monkeypatch.setattr(settings, "PROCESSES", 4)
    claim, job = claimed(micro_batch=1)
    try_smaller(claim, job)
    job.refresh_from_db()
    assert "fewer processes" in job.error_detail
    assert job.error_facts["tried"] == [16, 8, 4, 2, 1]


@pytest.mark.django_db
def test_at_one_item_it_fails_with_what_was_tried(claimed):
    claim, job = claimed(micro_batch=1)
    try_smaller(claim, job)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "out_of_memory")
    assert job.error_facts["tried"] == [64, 32, 16, 8, 4, 2, 1]


@pytest.mark.django_db
def test_what_a_person_asked_for_comes_first(claimed):
    claim, job = claimed()
    Job.objects.filter(pk=job.pk).update(wants="cancel")
    try_smaller(claim, job)
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def proc(tmp_path, resident_kb: int, data_kb: int = 0) -> Any:
    (tmp_path / "proc" / "7").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:       1000000 kB\n")
    (tmp_path / "proc" / "7" / "status").write_text(f"Name:\tx\nVmRSS:\t{resident_kb} kB\nVmData:\t{data_kb} kB\n")
    return tmp_path / "proc"


@pytest.mark.parametrize(
    ("cgroup", "root", "file"),
    [("0::/box\n", "box", "memory.events"), ("4:memory:/box\n0::/\n", "memory/box", "memory.oom_control")],
    ids=["v2", "v1"],
)
def test_a_kill_counts_where_the_cgroup_counted_it(tmp_path, cgroup, root, file):
    place = proc(tmp_path, resident_kb=10)
    (place / "7" / "cgroup").write_text(cgroup)
    counter = tmp_path / "cgroups" / root / file
    counter.parent.mkdir(parents=True)
    counter.write_text("under_oom 0\noom_kill 4\n")
    memory = ChildMemory(7, proc=place, cgroups=tmp_path / "cgroups")
    assert not memory.ran_out(-signal.SIGKILL, by_us=False)
    counter.write_text("under_oom 0\noom_kill 5\n")
    assert memory.ran_out(-signal.SIGKILL, by_us=False)
    assert not memory.ran_out(-signal.SIGKILL, by_us=True)
    assert not memory.ran_out(-signal.SIGTERM, by_us=False)


@pytest.mark.parametrize(("resident_kb", "expected"), [(900_000, True), (300_000, False)])
def test_without_a_cgroup_a_kill_near_all_of_the_memory_is_taken_for_it(tmp_path, resident_kb, expected):
    memory = ChildMemory(7, proc=proc(tmp_path, resident_kb), cgroups=tmp_path)
    memory.look()
    assert memory.ran_out(-signal.SIGKILL, by_us=False) is expected


def test_an_abort_near_the_limit_is_taken_for_it(tmp_path):
    place = proc(tmp_path, 10, data_kb=900_000)
    memory = ChildMemory(7, proc=place, cgroups=tmp_path)
    memory.look()
    assert not memory.ran_out(-signal.SIGABRT, by_us=False)
    memory.limit_bytes = 1_000_000 * 1024
    assert memory.ran_out(-signal.SIGABRT, by_us=False)
    assert not memory.ran_out(0, by_us=False)


@pytest.fixture
def group(tmp_path) -> Any:
    """`group(led)`: a machine as its /proc shows it, on which torchrun (7) leads so many processes of an attempt."""

    def make(led: int) -> Any:
        place = tmp_path / "proc"
        (place / "7" / "task" / "7").mkdir(parents=True, exist_ok=True)
        (place / "meminfo").write_text("MemTotal:       1000000 kB\n")
        (place / "7" / "cgroup").write_text("0::/box\n")
        (place / "7" / "task" / "7" / "children").write_text(" ".join(["8", "9", "10"][:led]))
        for pid, line, held in ((7, "torch.distributed.run", 1), (8, "workers.engine", 3), (9, "workers.engine", 4)):
            (place / str(pid)).mkdir(exist_ok=True)
            (place / str(pid) / "cmdline").write_text(f"python\0-m\0{line}\0")
            (place / str(pid) / "status").write_text(f"Name:\tx\nVmRSS:\t{held}00000 kB\nVmData:\t{held}20000 kB\n")
        (place / "10").mkdir(exist_ok=True)
        (place / "10" / "cmdline").write_text("uname")
        return place

    return make


def test_of_a_group_all_of_its_processes_are_held(group, tmp_path):
    memory = ChildMemory(7, proc=group(3), cgroups=tmp_path)
    memory.look(at_once=True)
    assert (memory.members, memory.resident, memory.data) == (3, 800_000 * 1024, 420_000 * 1024)


def test_a_process_of_a_group_that_the_kernel_ended_counts_though_torchrun_ends_with_a_code(group, tmp_path):
    counter = tmp_path / "cgroups" / "box" / "memory.events"
    counter.parent.mkdir(parents=True)
    counter.write_text("oom_kill 4\n")
    memory = ChildMemory(7, proc=group(2), cgroups=tmp_path / "cgroups")
    memory.look(at_once=True)
    assert not memory.ran_out(1, by_us=False)
    counter.write_text("oom_kill 5\n")
    assert memory.ran_out(1, by_us=False)
    assert not memory.ran_out(1, by_us=True)


@pytest.mark.parametrize(("limit_kb", "expected"), [(500_000, True), (900_000, False)])
def test_a_process_of_a_group_that_ended_near_the_limit_counts_after_the_others_are_gone(
    group, tmp_path, limit_kb, expected
):
    memory = ChildMemory(7, proc=group(2), cgroups=tmp_path)
    memory.total = 2 * memory.total  # plenty: it was the limit
    memory.limit_bytes = limit_kb * 1024
    memory.look(at_once=True)
    group(0)
    memory.look(at_once=True)
    assert memory.ran_out(1, by_us=False) is expected


def test_a_child_that_somebody_else_killed_did_not_run_out():
    child = Child(None)
    child.memory.look()
    os.kill(child.process.pid, signal.SIGKILL)
    assert child.report(60.0) is None
    assert child.end() == "signal SIGKILL"
    assert not child.ran_out_of_memory


@pytest.fixture
def trained_under_limit(project, submitter, monkeypatch):
    """`trained(batch)`: a training over the built-in digits under a limit of memory, each attempt run by hand."""
    plugins.announce("test worker", describe_all())
    home = declare_dataset(project, name="tale", modality="text", declaration=DECLARED, actor=submitter)
    text = SimpleUploadedFile("tale.txt", b"the quick brown fox jumps over the lazy dog.\n" * 1500)
    version, job = uploads.ingest(home, options={"length": 256}, actor=submitter, file=text)
    batch.run_claims([claim_next("io", "w1")], threading.Event())
    job.refresh_from_db()
    assert job.state == State.SUCCEEDED, job.error_detail
    monkeypatch.setattr(settings, "CHILD_MEMORY_BYTES", LIMIT_BYTES)

    def train(batch_size: int, **params: Any) -> tuple[Job, list[str]]:
        said = {"steps": 3, "batch_size": batch_size, "width": 64, "layers": 1, "precision": "fp32"} | params
        body = {"kind": "train", "family": "lstm", "dataset_version": str(version.pk), "params": said}
        made, reasons = send(body, actor=submitter)[0], []
        while claim := claim_next(made.queue, "w1"):
            batch.run_claims([claim], threading.Event())
            made.refresh_from_db()
            reasons.append(made.state_reason)
        return made, reasons

    return train


@pytest.mark.django_db
@pytest.mark.slow
def test_a_real_child_that_cannot_hold_the_batch_goes_on_at_half(trained_under_limit):
    job, reasons = trained_under_limit(1024)
    assert job.state == State.SUCCEEDED, (reasons, job.error_detail)
    assert reasons[0] == "out of memory at batch 1024, retrying at 512"
    assert job.params["batch_size"] == 1024
    assert job.facts["micro_batch"] * job.facts["accumulate"] == 1024
    assert job.facts["exact"] is True  # it had saved nothing before
    version = ModelVersion.objects.get(pk=job.result["model_version"])
    manifest = read_manifest(blobs().read(namespace(job.project), version.files["manifest.json"]))
    assert manifest.made["ran_on"] == job.facts


@pytest.mark.django_db
@pytest.mark.slow
def test_of_a_real_group_each_goes_on_at_half_of_its_share(trained_under_limit, monkeypatch):
    monkeypatch.setattr(settings, "PROCESSES", 2)
    job, reasons = trained_under_limit(2048)
    assert job.state == State.SUCCEEDED, (reasons, job.error_detail)
    assert reasons[0] == "out of memory at batch 1024 in each of 2 processes, retrying at 512"
    assert (job.facts["processes"], job.facts["micro_batch"] * job.facts["accumulate"]) == (2, 1024)
