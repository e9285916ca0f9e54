"""When the client asks again, and when it must not."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from kilnmark.answers.jobs import Job
from kilnmark.errors import (
    Changed,
    JobNotSucceeded,
    NotFound,
    NotUnderstood,
    TooMany,
    Unavailable,
    Unreachable,
    WaitEnded,
    refused,
)
from kilnmark.link import Ask
from kilnmark.plan import Broken
from kilnmark.retries import Retries, Tries, retry_after

from tests.client.played import CUT, REFUSED, Stage, header, problem, said

GET, POST, PATCH, DELETE = (Ask(method, "/jobs") for method in ("GET", "POST", "PATCH", "DELETE"))
FINE = said(200, {"fine": True})


@pytest.mark.parametrize("trouble", [REFUSED, CUT, problem(502), problem(503), problem(504), problem(408)])
@pytest.mark.parametrize("ask", [GET, POST, DELETE])
def test_what_may_be_repeated_is_asked_again(ask: Ask, trouble: object) -> None:
    stage = Stage(trouble, FINE)
    assert stage.play(stage.link().exchange(ask)).status == 200
    assert len(stage.sent) == 2


def test_a_post_keeps_its_key_over_all_tries() -> None:
    stage = Stage(CUT, problem(503), FINE)
    stage.play(stage.link().exchange(POST))
    assert [header(sent, "Idempotency-Key") for sent in stage.sent] == ["key-1"] * 3


def test_each_post_has_a_key_of_its_own() -> None:
    stage = Stage(FINE, FINE)
    link = stage.link()
    for _ in range(2):
        stage.play(link.exchange(POST))
    assert [header(sent, "Idempotency-Key") for sent in stage.sent] == ["key-1", "key-2"]


def test_a_key_of_ones_own_is_kept() -> None:
    stage = Stage(FINE)
    stage.play(stage.link().exchange(Ask("POST", "/jobs", headers={"Idempotency-Key": "mine"})))
    assert header(stage.sent[0], "Idempotency-Key") == "mine"


@pytest.mark.parametrize(("trouble", "error"), [(CUT, Unreachable), (problem(503), Unavailable)])
def test_an_edit_that_may_have_arrived_is_not_repeated(trouble: object, error: type[Exception]) -> None:
    stage = Stage(trouble)
    with pytest.raises(error):
        stage.play(stage.link().exchange(PATCH))


@pytest.mark.parametrize("trouble", [REFUSED, problem(429, retry_after="1")])
def test_an_edit_that_cannot_have_arrived_is_repeated(trouble: object) -> None:
    stage = Stage(trouble, FINE)
    assert stage.play(stage.link().exchange(PATCH)).status == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    stage = Stage(problem(status))
    with pytest.raises(Exception, match=f"{status} some_code"):
        stage.play(stage.link().exchange(GET))


def test_a_first_call_that_still_runs_is_waited_for() -> None:
    stage = Stage(problem(409, "idempotency_in_progress", retry_after="3"), FINE)
    stage.play(stage.link().exchange(POST))
    assert stage.rests[0] >= 3


def test_something_deleted_by_a_try_whose_answer_was_lost_counts_as_deleted() -> None:
    stage = Stage(CUT, problem(404))
    assert stage.play(stage.link().exchange(DELETE)).status == 404


def test_something_that_never_was_there_is_not_deleted() -> None:
    stage = Stage(REFUSED, problem(404))
    with pytest.raises(NotFound):
        stage.play(stage.link().exchange(DELETE))


def test_waits_double_to_their_ceiling() -> None:
    stage = Stage(*[REFUSED] * 7)
    retries = Retries(attempts=7, first_s=1, most_s=8, deadline_s=1000)
    with pytest.raises(Unreachable, match="tried 7 times"):
        stage.play(stage.link(retries).exchange(GET))
    assert stage.rests == [1, 2, 4, 8, 8, 8]


def test_waits_are_drawn_from_nothing_to_the_ceiling() -> None:
    for drawn in (0.0, 0.25, 1.0):
        tries = Tries(Retries(first_s=2), clock=lambda: 0.0, draw=lambda drawn=drawn: drawn, long=False)
        assert tries.again_in() == 2 * drawn


def test_a_call_ends_at_its_deadline() -> None:
    stage = Stage(*[REFUSED] * 20, slow_s=10)
    with pytest.raises(Unreachable):
        stage.play(stage.link(Retries(attempts=99, deadline_s=45)).exchange(GET))
    assert stage.now - 1000 <= 55
    assert len(stage.sent) < 6


def test_a_try_is_given_no_more_than_what_is_left_of_the_deadline() -> None:
    stage = Stage(*[REFUSED] * 20, slow_s=10)
    with pytest.raises(Unreachable):
        stage.play(stage.link(Retries(attempts=99, deadline_s=45)).exchange(GET))
    assert stage.sent[0].silent_s == 30
    assert stage.sent[-1].silent_s < 30


def test_an_answer_that_drips_for_ever_ends_with_the_deadline() -> None:
    stage = Stage()
    link = stage.link(Retries(attempts=1, deadline_s=5))

    class Drip(list[bytes]):
        def pop(self, *_: object) -> bytes:  # type: ignore[override]
            stage.now += 1
            return b" "

        def __bool__(self) -> bool:
            return True

    stage._open = lambda exchange: type("L", (), {"status": 200, "headers": {}, "source": Drip()})()  # type: ignore[method-assign, assignment]
    with pytest.raises(Unreachable, match="does not end"):
        stage.play(link.exchange(GET))


def test_retry_after_is_kept_to() -> None:
    stage = Stage(problem(503, retry_after="7"), FINE)
    stage.play(stage.link().exchange(GET))
    assert 7 <= stage.rests[0] <= 7.3


def test_retry_after_may_be_a_date() -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert retry_after({"retry-after": format_datetime(now + timedelta(seconds=90), usegmt=True)}, now) == 90
    assert retry_after({"retry-after": format_datetime(now - timedelta(seconds=90), usegmt=True)}, now) == 0


@pytest.mark.parametrize("odd", ["", "soon", "-5", "1.5", "１２", "Tue, 99 Foo 2026", "\x00"])
def test_an_odd_retry_after_asks_for_nothing(odd: str) -> None:
    assert retry_after({"retry-after": odd}, datetime.now(UTC)) is None


def test_who_asks_to_come_back_after_the_deadline_is_believed_at_once() -> None:
    stage = Stage(problem(429, "too_many_requests", retry_after="3600"))
    with pytest.raises(TooMany) as refused:
        stage.play(stage.link().exchange(GET))
    assert (stage.rests, refused.value.retry_after_s) == ([], 3600)


def test_a_certificate_that_does_not_hold_is_not_asked_again() -> None:
    stage = Stage(Broken("CERTIFICATE_VERIFY_FAILED", sent=False, lasting=True))
    with pytest.raises(Unreachable):
        stage.play(stage.link().exchange(GET))


@pytest.mark.parametrize("garbage", [b"<html>", b"\xff\xfe", b"{", b"[" * 100_000])
def test_garbage_is_said_to_be_garbage(garbage: bytes) -> None:
    stage = Stage(said(200, garbage, content_type="text/html"))
    with pytest.raises(NotUnderstood, match="is this the address"):
        stage.play(stage.link().json(GET))


def test_a_refusal_without_words_keeps_its_status() -> None:
    stage = Stage(said(418, b"<html>tea</html>"))
    with pytest.raises(Exception, match="answers 418 without saying why") as refused:
        stage.play(stage.link().exchange(GET))
    assert (refused.value.status, refused.value.code) == (418, "http_418")  # type: ignore[attr-defined]


def test_a_refusal_tells_all_that_was_said() -> None:
    whole = {"code": "precondition_failed", "detail": "It changed.", "field": "If-Match", "expected": "a", "got": "b",
             "request_id": "r1"}  # fmt: skip
    stage = Stage(said(412, whole))
    with pytest.raises(Changed) as refused:
        stage.play(stage.link().exchange(PATCH))
    error = refused.value
    found = (error.status, error.code, error.detail, error.field, error.expected, error.got, error.request_id)
    assert found == (412, "precondition_failed", "It changed.", "If-Match", "a", "b", "r1")


def test_an_error_cannot_write_to_the_terminal() -> None:
    stage = Stage(said(422, {"code": "x", "detail": "\x1b[2J\r\nforged line\u202e"}))
    with pytest.raises(Exception, match="forged line") as refused:
        stage.play(stage.link().exchange(GET))
    assert str(refused.value).isprintable()


def test_an_edit_that_is_sent_elsewhere_is_no_success() -> None:
    stage = Stage(said(302, b"", location="https://elsewhere.example/?X-Signature=abc"))
    with pytest.raises(NotUnderstood, match="elsewhere") as raised:
        stage.play(stage.link().exchange(DELETE))
    assert "abc" not in str(raised.value)


def test_errors_come_whole_from_another_process() -> None:
    whole = [
        refused(422, {"code": "x", "detail": "No.", "field": "a"}, 3.0),
        WaitEnded(Job(id="1", state="queued"), 2.0),
    ]
    for error in [*whole, JobNotSucceeded(Job(id="1", state="failed"))]:
        again = copy(error)  # as pickling rebuilds it, which nothing here does
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
