"""Server-Sent Events: read however they are cut into pieces, and resumed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kilnmark import Client, Retries
from kilnmark.errors import NotAuthenticated, NotUnderstood, Unreachable
from kilnmark.events import Message, Messages, events

from tests.client.played import CUT, REFUSED, TOKEN, Stage, header, problem, said
from tests.client.stub import Stub

TEXT = (
    "\ufeffretry: 1500\n\n"
    ": still here\n\n"
    'id: 1\nevent: metric\ndata: {"at": null,\ndata: "data": {"step": 1}}\n\n'
    'event: progress\r\ndata: {"done": 3, "total": 5}\r\n\r\n'
    "id: 7\n: still here\n\n"
    'id:8\revent:state\rdata:{"data": {"state": "\u7a91"}}\r\r'
    "id: 9\ndata: {}\n"  # it never ends
).encode()
FOUND = [
    Message("1", "metric", '{"at": null,\n"data": {"step": 1}}'),
    Message("", "progress", '{"done": 3, "total": 5}'),
    Message("7", "message", ""),
    Message("8", "state", '{"data": {"state": "\u7a91"}}'),
]
STREAM = {"content_type": "text/event-stream; charset=utf-8"}


@given(st.lists(st.integers(0, len(TEXT)), max_size=40))
def test_messages_do_not_depend_on_how_they_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    messages = Messages()
    found = [one for start, end in pairwise(places) for one in messages.feed(TEXT[start:end])]
    assert found == FOUND
    assert messages.retry_s == 1.5


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(garbage: bytes) -> None:
    assert all(isinstance(one, Message) for one in Messages().feed(garbage + b"\n\n"))


def test_a_message_without_end_is_refused() -> None:
    messages, piece = Messages(), b"x" * (1 << 22)
    with pytest.raises(NotUnderstood):
        [list(messages.feed(piece)) for _ in range(9)]


def told(number: int, step: int | None = None) -> bytes:
    """An event."""
    return f'id: {number}\nevent: metric\ndata: {{"data": {{"step": {number if step is None else step}}}}}\n\n'.encode()


END = b"event: end\ndata: {}\n\n"


def play(*answers: Any, after: int | None = None, retries: Retries | None = None) -> tuple[Stage, list[int | None]]:
    stage = Stage(*answers)
    stage.play(events(stage.link(retries), "/jobs/1/events", after, {}))
    return stage, [event.id for event in stage.items]


def test_a_stream_goes_on_after_the_last_event_that_was_told() -> None:
    stage, ids = play(
        said(200, [told(1), told(2), CUT], **STREAM),
        REFUSED,
        problem(503, retry_after="1"),
        said(200, [told(2), told(3)], **STREAM),  # ends without an end
        said(200, [told(4), END], **STREAM),
    )
    assert ids == [1, 2, 3, 4]
    assert [header(sent, "last-event-id") for sent in stage.sent] == [None, "2", "2", "2", "3"]


def test_it_begins_where_it_is_told_to() -> None:
    stage, ids = play(said(200, [told(5), told(6), END], **STREAM), after=5)
    assert (ids, header(stage.sent[0], "last-event-id")) == ([6], "5")


def test_a_place_without_an_event_is_gone_on_from() -> None:
    stage, _ = play(said(200, [b"id: 9\n: still here\n\n", CUT], **STREAM), said(200, END, **STREAM))
    assert header(stage.sent[1], "last-event-id") == "9"


def test_progress_without_an_id_is_told_with_its_job() -> None:
    stage, ids = play(said(200, [b'event: progress\ndata: {"job": "j1", "done": 2}\n\n', END], **STREAM))
    assert (ids, stage.items[0].job, dict(stage.items[0].data)) == ([None], "j1", {"done": 2})


def test_heartbeats_count_as_life() -> None:
    away = [REFUSED] * 3
    stage, ids = play(
        *away, said(200, [b": still here\n\n"], **STREAM), *away, said(200, [b": still here\n\n"], **STREAM), *away,
        said(200, [told(1), END], **STREAM), retries=Retries(first_s=10, most_s=10, outage_s=45),
    )  # fmt: skip
    assert (ids, stage.now > 1045) == ([1], True)


def test_a_stream_that_never_says_anything_is_given_up() -> None:
    with pytest.raises(Unreachable):
        play(*[said(200, [], **STREAM)] * 50, retries=Retries(first_s=10, most_s=10, outage_s=45))


def test_a_token_that_was_revoked_ends_it() -> None:
    with pytest.raises(NotAuthenticated):
        play(said(200, [told(1), CUT], **STREAM), problem(401))


@pytest.mark.parametrize("odd", [said(200, {"results": []}), said(204, b"", **STREAM)])
def test_what_is_no_stream_is_not_listened_to(odd: Any) -> None:
    with pytest.raises(NotUnderstood):
        play(odd)


@pytest.mark.parametrize(
    "odd", [b"data: <html>\n\n", b"data: [1]\n\n", b'data: {"data": 5}\n\n', b"data: " + b"[" * 9999 + b"\n\n"]
)
def test_an_event_that_is_none_is_refused(odd: bytes) -> None:
    with pytest.raises(NotUnderstood):
        play(said(200, [odd], **STREAM))


def test_a_silent_line_is_left_and_tried_anew(stub: Stub) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    stub.script("hang", head + told(1), head + told(2) + END)
    with Client(stub.url, TOKEN, retries=Retries(first_s=0.001, most_s=0.01)) as client:
        object.__setattr__(client._link, "silence_s", 0.1)
        assert [event.id for event in client.jobs.events("1")] == [1, 2]
    assert "last-event-id: 1" in stub.heard[2]


def test_the_platform_says_when_to_come_back() -> None:
    stage, _ = play(said(200, [b"retry: 2000\n\n"], **STREAM), said(200, END, **STREAM))
    assert 2.0 <= stage.rests[0] <= 2.3
