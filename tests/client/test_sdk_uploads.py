"""Large files in pieces: each piece vouched for, each trouble gone on from, nothing sent twice that arrived."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from kilnmark.bringing import bring
from kilnmark.errors import ApiError, FileChanged, Invalid, NotUnderstood, Unreachable
from kilnmark.plan import Exchange
from kilnmark.retries import Retries

from tests.client.played import CUT, REFUSED, TOKEN, Stage, header, problem, said

PIECE = 10
BYTES = bytes(range(35))
QUICK = Retries(first_s=0.1, most_s=1)
VERSION = said(202, {"id": "v1", "dataset": "d1", "number": 1, "state": "pending", "job": {"id": "j1"}})


class Tus:
    """The platform's half of tus, as it says itself; `trouble` comes instead of its next answers to pieces."""

    def __init__(self, *trouble: Any) -> None:
        self.kept, self.trouble, self.asked = b"", list(trouble), list[str]()

    def __call__(self, exchange: Exchange) -> Any:
        """Answer one request."""
        self.asked.append(exchange.method)
        if exchange.method == "POST" and exchange.url.endswith("/uploads"):
            return said(201, {"id": "u1", "length": len(BYTES), "offset": 0}, location="/elsewhere")
        if exchange.method == "HEAD":
            return said(200, b"", upload_offset=str(len(self.kept)))
        if exchange.method == "PATCH":
            trouble = self.trouble.pop(0) if self.trouble else None
            return self._piece(exchange) if trouble is None else trouble(exchange) if callable(trouble) else trouble
        return VERSION

    def _piece(self, exchange: Exchange) -> Any:
        content = exchange.content or b""
        vouched = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert header(exchange, "upload-checksum") == f"sha256 {vouched}"
        if header(exchange, "upload-offset") != str(len(self.kept)):
            return problem(409, "wrong_offset")
        self.kept += content
        return said(204, b"", upload_offset=str(len(self.kept)))

    def lost(self, exchange: Exchange) -> Any:
        """The piece arrives, its answer does not."""
        self._piece(exchange)
        return CUT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of four pieces."""
    place = tmp_path / "digits.zip"
    place.write_bytes(BYTES)
    return place


def send(file: Path, answers: Any, stage: Stage | None = None, **more: Any) -> Stage:
    stage = stage or Stage(*[answers] * 200)
    how: dict[str, Any] = {"options": {}, "on": None, "resume": True, "small_bytes": 1, "piece_bytes": PIECE}
    plan = bring(stage.link(QUICK), "d1", file, **(how | more))
    stage.play(plan)
    return stage


def notes(state: Path) -> list[Path]:
    """What is remembered."""
    return sorted(state.rglob("*.json"))


def test_a_file_goes_in_pieces_and_is_named_then(file: Path) -> None:
    tus, told = Tus(), list[tuple[int, int]]()
    stage = send(file, tus, on=lambda *at: told.append(at), options={"size": 16})
    assert (tus.kept, tus.asked) == (BYTES, ["POST", "HEAD", *["PATCH"] * 4, "POST"])
    assert told == [(at, 35) for at in (0, 10, 20, 30, 35)]
    assert json.loads(stage.sent[-1].content or b"") == {"upload": "u1", "options": {"size": 16}}


@pytest.mark.parametrize("trouble", [CUT, REFUSED, problem(502), problem(503), problem(429, retry_after="1"),
                                     problem(460), problem(423), problem(409, "wrong_offset"), Tus.lost])  # fmt: skip
def test_trouble_is_gone_on_from_where_the_platform_stands(file: Path, trouble: Any) -> None:
    tus = Tus()
    tus.trouble = [None, tus.lost if trouble is Tus.lost else trouble]
    send(file, tus)
    assert tus.kept == BYTES
    assert tus.asked.count("HEAD") == 2


@pytest.mark.parametrize("status", [400, 403, 409, 413, 422, 500, 507])
def test_a_refusal_ends_it(file: Path, status: int) -> None:
    with pytest.raises(ApiError, match=str(status)):
        send(file, Tus(None, problem(status)))


def test_a_line_that_damages_every_piece_ends_it(file: Path) -> None:
    with pytest.raises(ApiError, match="460"):
        send(file, Tus(*[problem(460)] * 50))


def test_a_platform_that_keeps_nothing_is_given_up(file: Path) -> None:
    tus = Tus(*[said(204, b"", upload_offset="0")] * 3000)
    with pytest.raises(Unreachable):
        send(file, tus, Stage(*[tus] * 9999))


@pytest.mark.parametrize("odd", ["", "-1", "many", "99", "9" * 30])
def test_a_platform_that_counts_wrong_is_not_believed(file: Path, odd: str) -> None:
    tus = Tus()

    def answer(exchange: Exchange) -> Any:
        return said(200, b"", upload_offset=odd) if exchange.method == "HEAD" else tus(exchange)

    with pytest.raises(NotUnderstood):
        send(file, answer)


def test_whoever_was_killed_goes_on(file: Path, tmp_path: Path) -> None:
    tus = Tus()
    with pytest.raises(KeyboardInterrupt):
        send(file, tus, on=_interrupt_at(20))
    tus.asked.clear()
    send(file, tus)
    assert (tus.kept, tus.asked) == (BYTES, ["HEAD", "PATCH", "PATCH", "POST"])
    assert notes(tmp_path) == []


def test_whoever_was_killed_at_the_very_end_makes_no_second_version(file: Path) -> None:
    tus = Tus()
    first = Stage(*[tus] * 6, _interrupt)
    with pytest.raises(KeyboardInterrupt):
        send(file, tus, first)
    tus.asked.clear()
    second = send(file, tus)
    assert tus.asked == ["POST"]
    assert header(first.sent[-1], "idempotency-key") == header(second.sent[-1], "idempotency-key")


def _interrupt(exchange: Exchange) -> Any:
    raise KeyboardInterrupt


def _interrupt_at(there: int) -> Any:
    def on(at: int, of: int) -> None:
        if at == there:
            raise KeyboardInterrupt

    return on


@pytest.mark.parametrize("when", [404, 410])
def test_an_upload_that_expired_meanwhile_begins_anew(file: Path, when: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(file, Tus(), on=_interrupt_at(20))
    tus = Tus()
    send(file, tus, Stage(problem(when), *[tus] * 50))
    assert tus.kept == BYTES


def test_a_file_that_was_changed_since_begins_anew(file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(file, Tus(), on=_interrupt_at(20))
    file.write_bytes(BYTES[::-1])
    os.utime(file, ns=(1, 1))
    tus = Tus()
    send(file, tus)
    assert (tus.asked[0], tus.kept) == ("POST", BYTES[::-1])


def test_a_file_that_is_changed_while_it_is_sent_ends_it(file: Path) -> None:
    with pytest.raises(FileChanged):
        send(file, Tus(), on=lambda at, of: os.utime(file, ns=(at, at)))


def test_a_file_for_another_platform_or_data_set_is_another_upload(file: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(file, Tus(), on=_interrupt_at(20))
    tus, stage = Tus(), Stage()
    stage.answers = [tus] * 50
    stage.play(bring(stage.link(QUICK), "d2", file, options={}, on=None, resume=True, small_bytes=1, piece_bytes=PIECE))
    assert tus.asked[0] == "POST"


def test_what_is_remembered_holds_no_token_and_is_nobody_elses(file: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        send(file, Tus(), on=_interrupt_at(20))
    (note,) = notes(tmp_path)
    assert (stat.S_IMODE(note.stat().st_mode), TOKEN in note.read_text()) == (0o600, False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"upload": 5}', "\udcff"])
def test_a_note_that_is_damaged_begins_anew(file: Path, tmp_path: Path, text: str) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(text.encode("utf-8", "surrogateescape"))
    tus = Tus()
    send(file, tus, resume=state)
    assert (tus.kept, state.exists()) == (BYTES, False)


def test_a_refusal_at_the_end_keeps_what_was_sent(file: Path) -> None:
    tus = Tus()
    with pytest.raises(Invalid):
        send(file, tus, Stage(*[tus] * 6, problem(422)))
    tus.asked.clear()
    send(file, tus, options={"size": 16})
    assert tus.asked == ["POST"]


def test_a_small_file_is_one_form_the_same_at_each_try(file: Path) -> None:
    stage = Stage(CUT, VERSION)
    stage.play(
        bring(stage.link(QUICK), "d1", file, options={"size": 16}, on=None, resume=True, small_bytes=99, piece_bytes=1)
    )
    first, second = stage.sent
    assert first.form == second.form
    assert first.form is not None
    assert json.loads(first.form.texts["options"]) == {"size": 16}
    assert header(first, "idempotency-key") == header(second, "idempotency-key")
