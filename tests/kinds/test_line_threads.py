"""The line signs on other threads: nothing is reported unsigned, out of order, or after its end."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models_store.canonical import digest
from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests.home import HOME
from tests.marks.marked import digits, release_order
from tests.training import Notes
from workers.contracts import Attempt, Stopped
from workers.engine.line import CHUNK, MOST_UNSIGNED, SLICE, Line
from workers.engine.wishes import plain
from workers.marks import c2pa_credential
from workers.marks.c2pa_origin import SigningFailed
from workers.plugins import plugin

KEYRING = Keyring.load(HOME / "keys")
SIGN = partial(sign_es256, KEYRING.credential)
IMAGE = plugin("modality", "image")()
PATIENCE_S = 60.0


def line_of(folder: Path, total: int, sign: Any = SIGN, wants: Any = lambda: "") -> tuple[Line, Notes]:
    model = dict.fromkeys(("model_version", "model_name", "stage"), "m")
    release = release_order(KEYRING.credential_chain_pem) | {"models": {"model": model}}
    order, notes = {"seed": "5", "params": {}, "release": release}, Notes()
    return Line(Attempt(folder, order, notes, wants, {"mark_key": "ab" * 32}, sign), total, 0), notes


def add(line: Line, first: int, count: int) -> None:
    items = digits(40, 16)
    line.add("model", IMAGE, plain("5", range(first, first + count)), [items[n % 40] for n in range(count)])


def all_of(line: Line, count: int) -> None:
    add(line, 0, count)
    line.flush()


class Gate:
    """A signer that waits until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, claim: bytes) -> bytes:
        assert self.open.wait(PATIENCE_S)
        return SIGN(claim)


def test_chunks_stay_full_and_in_order_whatever_batches_come(tmp_path: Path):
    line, notes = line_of(tmp_path, 150)
    for first, count in ((0, 1), (1, 9), (10, 60), (70, 77), (147, 3)):
        add(line, first, count)
    line.flush()
    assert [len(chunk) for chunk in notes.chunks] == [CHUNK, CHUNK, 150 - 2 * CHUNK]
    assert [item["index"] for chunk in notes.chunks for item in chunk] == list(range(150))


def test_every_reported_file_is_there_whole_and_trusted(tmp_path: Path):
    line, notes = line_of(tmp_path, 20)
    add(line, 0, 20)
    line.flush()
    for item in notes.chunks[0]:
        data = (tmp_path / item["file"]).read_bytes()
        assert digest(data) == item["sha256"]
        assert c2pa_credential.read(data, "image/png", KEYRING.root_pem)["state"] == "Trusted"


def test_the_line_goes_on_while_files_are_being_signed(tmp_path: Path):
    gate = Gate()
    line, notes = line_of(tmp_path, 3 * SLICE, gate)
    add(line, 0, 3 * SLICE)  # returns although nothing is signed
    assert (notes.chunks, list((tmp_path / "out").iterdir())) == ([], [])
    gate.open.set()
    line.flush()
    assert [len(chunk) for chunk in notes.chunks] == [3 * SLICE]


def test_the_line_waits_when_too_much_is_unsigned(tmp_path: Path):
    gate, count = Gate(), (MOST_UNSIGNED + 2) * SLICE
    line, notes = line_of(tmp_path, count, gate)
    adding = threading.Thread(target=add, args=(line, 0, count))
    adding.start()
    adding.join(1.0)
    assert adding.is_alive()
    gate.open.set()
    adding.join(PATIENCE_S)
    line.flush()
    assert sum(map(len, notes.chunks)) == count


def test_a_signer_that_fails_ends_the_line_and_nothing_after_it_is_reported(tmp_path: Path):
    asked = iter(range(1000))

    def sign(claim: bytes) -> bytes:
        if next(asked) >= 20:
            raise ConnectionError("the signer is away")
        return SIGN(claim)

    line, notes = line_of(tmp_path, CHUNK // 2, sign)
    with pytest.raises(SigningFailed, match="the signer is away"):
        all_of(line, CHUNK // 2)
    line.settle()
    assert sum(map(len, notes.chunks)) <= 20


def test_who_is_asked_to_leave_reports_all_that_was_added(tmp_path: Path):
    line, notes = line_of(tmp_path, 40, wants=lambda: "pause")
    add(line, 0, 13)
    with pytest.raises(Stopped) as why:
        line.obey()
    assert (why.value.step, [item["index"] for chunk in notes.chunks for item in chunk]) == (13, list(range(13)))


def test_nothing_is_written_once_a_line_was_settled(tmp_path: Path):
    gate = Gate()
    line, _ = line_of(tmp_path, 80, gate)
    add(line, 0, 80)
    gate.open.set()
    line.settle()
    before = sorted((tmp_path / "out").iterdir())
    assert all(one.done() for one in line._signing)
    assert sorted((tmp_path / "out").iterdir()) == before
