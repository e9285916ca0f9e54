"""The engine child: reports come up, death is told, and no orphan stays when its parent goes."""

from __future__ import annotations

import json
import os
import platform
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from models_store.key_rotation import rotate_credential
from models_store.keys import OFFLINE_KEY, Keyring, create_keyring
from models_store.signing import sign_es256
from workers.engine.__main__ import remote_signer
from workers.tasks import batch
from workers.tasks.child import Child, _serve_signatures, channel, child_environment

PATIENCE_S = 60.0


@pytest.fixture
def child():
    key = ec.generate_private_key(ec.SECP256R1())
    made = Child(lambda claim: sign_es256(key, claim))
    yield made
    made.end()


def order(folder: Path, **body: object) -> Path:
    folder.mkdir()
    (folder / "order.json").write_text(json.dumps(body))
    return folder


def last_report(child: Child) -> dict:
    while True:
        said = child.report(PATIENCE_S)
        if said is None or said["type"] in ("result", "failure", "stopped"):
            return said or {}


def test_an_expected_failure_comes_up_with_code_and_expectation(child, tmp_path):
    child.send(order(tmp_path / "a", kind="juggle"), {})
    said = last_report(child)
    assert (said["expected"], said["error"]["code"], said["error"]["got"]) == (True, "unknown_plugin", "juggle")
    assert "train" in said["error"]["expected"]


def test_a_warm_child_takes_the_next_order_after_a_failure(child, tmp_path):
    for name in ("a", "b"):
        child.send(order(tmp_path / name, kind="juggle"), {})
        assert last_report(child)["type"] == "failure"
    assert child.alive


def test_a_bug_comes_up_with_its_traceback(child, tmp_path):
    child.send(order(tmp_path / "a", nothing="here"), {})
    said = last_report(child)
    assert (said["expected"], said["error"]["code"]) == (False, "bug")
    assert "KeyError" in said["traceback"]


def test_a_killed_child_says_by_which_signal(child):
    os.kill(child.process.pid, signal.SIGKILL)
    assert child.report(PATIENCE_S) is None
    assert child.end() == "signal SIGKILL"


def test_the_child_ends_when_its_leash_closes(child):
    child.process.stdin.close()
    assert child.process.wait(PATIENCE_S) == 70


def test_the_child_ends_when_its_parent_is_killed(tmp_path):
    script = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-m', 'workers.engine', '--serve'], stdin=subprocess.PIPE)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=settings.ROOT, env=child_environment(), text=True
    )
    orphan = int(parent.stdout.readline())
    watch = os.pidfd_open(orphan)
    parent.kill()
    parent.wait()
    parent.stdout.close()

    ready, _, _ = select.select([watch], [], [], PATIENCE_S)
    os.close(watch)
    assert ready, "the engine outlived its parent"


def test_the_child_knows_neither_database_nor_keys(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("KILNMARK_SECRET_KEY", "secret")
    monkeypatch.setenv("BROKER_URL", "redis://secret")
    assert not [name for name, value in child_environment().items() if "secret" in value or "KILNMARK" in name]


def test_threads_of_numpy_do_not_spin_beside_others_unless_an_operator_says_so(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert child_environment()["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    assert child_environment()["OPENBLAS_NUM_THREADS"] == "4"


LARGE = """
import ctypes, resource
from workers.engine import memory
libc, size = ctypes.CDLL(None), 64 << 20
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
def used():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    place = libc.malloc(size)
    ctypes.memset(place, 1, size)
    libc.free(place)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
used()
again, kept = used(), memory.taken()
memory.give_back()
print(again, kept - memory.taken())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are those of glibc")
def test_memory_of_tensors_is_used_again_during_an_order_and_given_back_after_it():
    command = [sys.executable, "-c", LARGE]
    said = subprocess.run(
        command, stdout=subprocess.PIPE, cwd=settings.ROOT, env=child_environment(), text=True, check=True
    ).stdout
    new_pages, given_back = map(int, said.split())
    assert new_pages < 100  # of 16,384
    assert given_back > 60 << 20


def test_a_channel_waits_whatever_a_library_sets_for_the_process():
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.01)
    try:
        ends = channel()
    finally:
        socket.setdefaulttimeout(before)
    assert [end.gettimeout() for end in ends] == [None, None]
    for end in ends:
        end.close()


def test_a_silent_child_is_not_an_ended_one(child):
    with pytest.raises(queue.Empty):
        child.report(0.01)


def test_a_child_that_releases_nothing_has_no_channel_to_ask_for_a_signature(tmp_path):
    quiet = Child(None)
    try:
        place = Path(f"/proc/{quiet.process.pid}")
        held = [os.readlink(one) for one in (place / "fd").iterdir()]
        assert not [what for what in held if what.startswith("socket:")]
        assert "--signer-fds" not in (place / "cmdline").read_text()
    finally:
        quiet.end()


def test_several_threads_ask_for_signatures_at_once_and_each_gets_its_own():
    ends = [channel() for _ in range(2)]
    together = threading.Barrier(2, timeout=PATIENCE_S)

    def slow(claim: bytes) -> bytes:
        together.wait()  # passes only when both are asked at the same time
        return claim[::-1]

    for ours, _ in ends:
        threading.Thread(target=_serve_signatures, args=(ours, slow), daemon=True).start()
    sign = remote_signer([theirs.detach() for _, theirs in ends])
    claims = [f"claim {number}".encode() for number in range(40)]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(sign, claims)) == [claim[::-1] for claim in claims]


def test_a_channel_on_which_a_signature_failed_is_never_used_again():
    ours, theirs = channel()
    sign = remote_signer([theirs.detach()])
    ours.close()
    for _ in range(2):
        with pytest.raises((OSError, ValueError)):
            sign(b"claim")


def test_only_the_child_of_a_job_that_releases_artifacts_signs(home):
    keyring = Keyring.load(home / "keys")
    try:
        made = ("findings", "artifacts", "dataset_version")
        assert [batch.child_for(produces, keyring).signs for produces in made] == ["", keyring.credential_id, ""]
    finally:
        batch.drop_warm()


def test_a_warm_child_signs_with_the_key_in_use(tmp_path):
    before = create_keyring(tmp_path / "keys")
    try:
        first = batch.child_for("artifacts", before)
        assert batch.child_for("artifacts", before) is first
        after = rotate_credential(tmp_path / "keys", tmp_path / "keys" / OFFLINE_KEY, at=datetime.now(UTC))
        assert batch.child_for("artifacts", after) is not first
    finally:
        batch.drop_warm()
