"""In front of Django: a bounded number of requests hold threads; waits, streams, files and slow clients hold none."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, BinaryIO
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from servestatic import ServeStaticASGI

from api.downloads import BOX
from api.exchange import (
    Answer,
    Message,
    Receive,
    Scope,
    Send,
    asking,
    header,
    named,
    naming,
    no_body,
    problem,
    uncompressed,
    unless_gone,
)
from api.intake import INTAKE, take_in
from api.lifespan import lifespan
from api.lookout import STANDS_STILL, Lookout
from api.stream import END, HEADERS, stream
from jobs.upload_piece import Piece

THREADS = 12
LONGEST_WAIT_S = 60.0
VERDICT_WITHIN_S = 10.0
ALLOWED_FOR_S = 15.0  # how long a listener is believed before it is asked again whether it may listen
PIECE = 1 << 18  # bytes of a file that are read at once
READERS = 2  # threads that read files
WRITERS = 2  # threads that write uploads
FORM_BYTES = 1 << 20  # what a multipart body may have beside its file
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
JOB = re.compile(rf"^/api/v1/jobs/({ID})(/events)?$")
UPLOAD = re.compile(rf"^/api/v1/uploads/{ID}$")
VERDICT = re.compile(rf"^/api/v1/verify/({ID})$")


class Gate:
    """The ASGI application."""

    def __init__(self, django: Any) -> None:
        self.django = ServeStaticASGI(django, root=str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
        self.seats = asyncio.Semaphore(THREADS)
        self.lookout = Lookout()
        self.readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="file")
        self.writers = ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="upload")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        if scope["type"] != "http":
            await self.django(scope, receive, send)
            return
        scope, name = named(scope)
        send = naming(send, name)
        if (declared := header(scope, b"content-length")).isdecimal() and int(declared[:20]) > limit():
            await too_large(declared, name).pass_on(send)
            return
        match, verdict = JOB.match(scope["path"]), VERDICT.match(scope["path"])
        if scope["method"] == "GET" and match and match[2] and wants_stream(scope):
            await self._listen(UUID(match[1]), scope, receive, send)
        elif scope["method"] == "GET" and (found := verdict or (match if match and not match[2] else None)):
            await self._wait(UUID(found[1]), asked_wait(scope), scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] == "/api/v1/verify":
            await self._verify(scope, receive, send)
        elif scope["method"] == "PATCH" and UPLOAD.match(scope["path"]):
            await self._take_in(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer: it gets a seat once the body is whole, and gives it back before a file is sent."""
        seat = Seat(self.seats, receive)
        box: list[BinaryIO] = []

        async def sending(message: Message) -> None:
            if not (box and message["type"] == "http.response.body"):
                await send(message)

        try:
            try:
                await self.django(scope | {BOX: box}, seat.receive, sending)
            finally:
                seat.leave()
            if seat.too_much:
                await too_large(seat.taken, header(scope, b"x-request-id")).pass_on(send)
            if box:
                await self._send_file(box[0], scope["method"] != "HEAD", send)
        finally:
            for file in box:
                file.close()

    async def _send_file(self, file: BinaryIO, wanted: bool, send: Send) -> None:
        loop = asyncio.get_running_loop()
        while wanted and (piece := await loop.run_in_executor(self.readers, file.read, PIECE)):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _ask(self, scope: Scope, receive: Receive = no_body) -> Answer:
        """What Django says, kept: who may see what is its to decide, before and after every wait."""
        answer = Answer()
        await self._serve(uncompressed(scope), receive, answer.keep)  # what is read here must be readable
        return answer

    async def _wait(self, job_id: UUID, wait_s: float, scope: Scope, receive: Receive, send: Send) -> None:
        """A job or a verdict, at once when it has come to rest or nobody asked to wait."""
        answer = await self._ask(scope)
        moving = answer.status in (200, 202) and answer.json().get("state", STANDS_STILL[0]) not in STANDS_STILL
        if wait_s and moving:
            if not await unless_gone(self.lookout.settled(job_id, wait_s), receive):
                return
            answer = await self._ask(scope)
        await answer.pass_on(send)

    async def _verify(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept the file, then wait a while for the verdict on it."""
        answer = await self._ask(scope, receive)
        job = answer.json().get("job", {}).get("id") if answer.status == 202 else None
        if job:
            if not await unless_gone(self.lookout.settled(UUID(job), VERDICT_WITHIN_S), receive):
                return
            answer = await self._ask(asking(scope, f"/api/v1/verify/{job}"))
        await answer.pass_on(send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A piece of an upload: Django says whether it may be written, then what became of it; between, no seat."""
        taken: list[Piece] = []
        try:
            answer = await self._ask(scope | {INTAKE: taken})
            if taken and answer.status == 204:
                await take_in(taken[0], receive, self.writers)
                answer = await self._ask(scope | {INTAKE: taken[0]})
        finally:
            for piece in taken:
                piece.close()
        await answer.pass_on(send)

    async def _listen(self, job_id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever may read a page of events may have them as a stream."""
        after = (
            header(scope, b"last-event-id") or parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
        )
        page = asking(scope, scope["path"], "limit=1")
        answer = await self._ask(page)
        if answer.status != 200:
            await answer.pass_on(send)
            return
        seen = int(after[:18]) if after.isascii() and after.isdecimal() else 0
        await unless_gone(self._tell(job_id, seen, page, send), receive)

    async def _tell(self, job_id: UUID, seen: int, page: Scope, send: Send) -> None:
        """The stream, for as long as its reader may read the page of the same events."""
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        asked_at = time.monotonic()
        async with aclosing(stream(self.lookout, job_id, seen)) as telling:
            async for said in telling:
                if time.monotonic() - asked_at > ALLOWED_FOR_S:
                    if (await self._ask(page)).status != 200:
                        await send({"type": "http.response.body", "body": b""})
                        return
                    asked_at = time.monotonic()
                await send({"type": "http.response.body", "body": said, "more_body": said != END})


class Seat:
    """One of the places from which views run: taken when the body is whole, so that a slow upload holds none."""

    def __init__(self, seats: asyncio.Semaphore, receive: Receive) -> None:
        self.seats, self.source = seats, receive
        self.taken, self.sitting, self.too_much = 0, False, False

    async def receive(self) -> Message:
        """Django's `receive`: the body, counted; a view that has begun runs to its end, whoever goes away."""
        if self.sitting:
            await asyncio.Event().wait()
        message = await self.source()
        self.taken += len(message.get("body", b""))
        if self.taken > limit():
            self.too_much = True
            return {"type": "http.disconnect"}
        if message["type"] == "http.request" and not message.get("more_body", False):
            await self.seats.acquire()
            self.sitting = True
        return message

    def leave(self) -> None:
        """Free for the next one."""
        if self.sitting:
            self.sitting = False
            self.seats.release()


def limit() -> int:
    """The largest body that is taken at all; each endpoint has its own limit below that."""
    return settings.UPLOAD_LIMIT_BYTES + FORM_BYTES


def too_large(got: int | str, request_id: str) -> Answer:
    """413."""
    expected = f"at most {limit()} bytes"
    return problem(413, "too_large", "The body is too large.", request_id, expected=expected, got=str(got))


def asked_wait(scope: Scope) -> float:
    """Seconds asked for by `?wait=`, at most a minute; 0 where there is no such word or it is no number."""
    said = parse_qs(scope["query_string"].decode("latin-1")).get("wait", ["0"])[0]
    return min(float(said[:6]), LONGEST_WAIT_S) if said.isascii() and said.isdecimal() else 0.0


def wants_stream(scope: Scope) -> bool:
    """Whether the client asked for Server-Sent Events."""
    return "text/event-stream" in header(scope, b"accept")
