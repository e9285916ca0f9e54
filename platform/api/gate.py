"""In front of Django: a bounded number of requests hold threads; waits, streams, files and slow clients hold none."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from typing import Any, BinaryIO
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from servestatic import ServeStaticASGI

from api.allowance import count_unknown
from api.downloads import BOX
from api.exchange import (
    Answer,
    Message,
    Receive,
    Scope,
    Send,
    asking,
    header,
    no_body,
    unless_gone,
    without,
)
from api.intake import ANNOUNCED, INTAKE, coming, take_in
from api.lifespan import lifespan
from api.listeners import Listener
from api.lookout import STANDS_STILL, Lookout
from api.preferences import MOVING, preferred, seconds
from api.seat import ID, PIECES, VERSIONS, Seat, beyond, takes_long
from api.stopping import Stopping
from api.stream import HEADERS, PLACE, STILL, bad_place, first_page, listener_for, stream
from api.threads import LONG, quick
from api.visit import Visit, visiting
from jobs.upload_piece import Piece

VERDICT_WITHIN_S = 10.0
ALLOWED_FOR_S = 15.0  # how long a listener is believed before it is asked again whether it may be told something
IDLE_FOR_S = 60.0  # the same for one that nothing is told
STALLED_S = 60.0  # a listener that takes nothing for so long is let go
LAST_WORD_S = 1.0
PIECE = 1 << 18  # bytes of a file that are read at once
READERS = 2  # threads that read files
WRITERS = 2  # threads that write uploads
JOB = re.compile(rf"^/api/v1/jobs/({ID})$")
EVENTS = re.compile(rf"^/api/v1/(jobs|projects)/({ID})/events$")
SUBMITS = re.compile(rf"^/api/v1/jobs(?:/{ID}/clone)?$")
OF_SUBMISSION = (b"location", b"idempotency-replayed")
VERDICT = re.compile(rf"^/api/v1/verify/({ID})$")


class Gate:
    """The ASGI application."""

    def __init__(self, django: Any) -> None:
        self.django = ServeStaticASGI(django, root=str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
        self.seats, self.long_seats = asyncio.Semaphore(quick()), asyncio.Semaphore(LONG)
        self.lookout, self.stopping = Lookout(), Stopping()
        self.readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="file")
        self.writers = ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="upload")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            with self.stopping.heard():
                await lifespan(receive, send)
            return
        if scope["type"] != "http":
            await self.django(scope, receive, send)
            return
        async with visiting(scope) as visit:
            await self._answer(visit, receive, visit.answering(send))

    async def _answer(self, visit: Visit, receive: Receive, send: Send) -> None:
        """By whoever holds the least while it lasts."""
        scope = visit.scope
        if refusal := beyond(scope):
            count_unknown(visit)
            await refusal.pass_on(send)
            return
        match, verdict = JOB.match(scope["path"]), VERDICT.match(scope["path"])
        if scope["method"] == "GET" and wants_stream(scope) and (events := EVENTS.match(scope["path"])):
            await self._listen(events[1], UUID(events[2]), scope, receive, send)
        elif scope["method"] == "GET" and (found := verdict or match):
            await self._wait(UUID(found[1]), scope, receive, send)
        elif scope["method"] == "POST" and SUBMITS.match(scope["path"]) and header(scope, b"prefer"):
            await self._submit(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] == "/api/v1/verify":
            await self._verify(scope, receive, send)
        elif scope["method"] == "POST" and VERSIONS.match(scope["path"]) and (length := coming(scope)):
            await self._bring(length, scope, receive, send)
        elif scope["method"] == "PATCH" and PIECES.match(scope["path"]):
            await self._take_in(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer: it gets a seat once the body is whole, and gives it back before a file is sent."""
        seat = Seat(self.long_seats if takes_long(scope) else self.seats, scope, receive)
        box: list[BinaryIO] = []

        async def sending(message: Message) -> None:
            if not (box and message["type"] == "http.response.body"):
                await send(message)

        try:
            try:
                await self.django(scope | {BOX: box}, seat.receive, sending)
            finally:
                seat.leave()
            if seat.refusal:
                await seat.refusal.pass_on(send)
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
        await self._serve(without(scope, b"accept-encoding"), receive, answer.keep)  # it is read here, so as it is
        return answer

    async def _wait(self, job_id: UUID, scope: Scope, receive: Receive, send: Send) -> None:
        """A job or a verdict, at once when it has come to rest or nobody asked to wait."""
        liked = preferred(scope)
        wait_s = asked_wait(scope) if liked.wait_s is None else liked.wait_s
        whole = without(scope, b"if-none-match") if wait_s else scope  # what has not changed yet is waited for
        answer = await self._ask(whole)
        if wait_s and moving(answer):
            if not await unless_gone(self.lookout.settled(job_id, wait_s), receive, self.stopping.told):
                return
            answer = await self._ask(scope)
        elif whole is not scope:
            answer = await self._ask(scope)
        if liked.wait_s is not None and moving(answer):
            answer.status = MOVING
        liked.mark(answer)
        await answer.pass_on(send)

    async def _submit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a job in, then wait for it as long as its sender likes: 200 once it has come to rest."""
        answer, liked = await self._ask(scope, receive), preferred(scope)
        job = answer.json().get("id") if answer.status == MOVING else None
        if job and liked.wait_s:
            if not await unless_gone(self.lookout.settled(UUID(job), liked.wait_s), receive, self.stopping.told):
                return
            now = await self._ask(without(asking(scope, f"/api/v1/jobs/{job}"), b"if-none-match"))
            if now.status == 200:  # whoever may submit may be without the scope to read
                answer.status, answer.body = MOVING if moving(now) else 200, now.body
                answer.headers = [
                    *(one for one in now.headers if one[0].lower() != b"etag"),
                    *(one for one in answer.headers if one[0].lower() in OF_SUBMISSION),
                ]
        liked.mark(answer)
        await answer.pass_on(send)

    async def _verify(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept the file, then wait a while for the verdict on it."""
        answer = await self._ask(scope, receive)
        liked = preferred(scope)
        wait_s = liked.waits(VERDICT_WITHIN_S)
        job = answer.json().get("job", {}).get("id") if answer.status == 202 else None
        if job and wait_s:
            looked_at = self.lookout.settled(UUID(job), wait_s)
            if not await unless_gone(looked_at, receive, self.stopping.told):
                return
            said = [one for one in answer.headers if one[0].lower() == b"idempotency-replayed"]
            answer = await self._ask(without(asking(scope, f"/api/v1/verify/{job}"), b"if-none-match"))
            answer.headers = [*answer.headers, *said]
        liked.mark(answer)
        await answer.pass_on(send)

    async def _bring(self, length: int, scope: Scope, receive: Receive, send: Send) -> None:
        """A file in a form: Django says whether there is room for it before a byte of it is read."""
        answer = await self._ask(scope | {ANNOUNCED: length})
        if answer.status != 204:
            await answer.pass_on(send)
            return
        await self._serve(scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A piece of an upload: Django says whether it may be written, then what became of it; between, no seat."""
        taken: list[Piece] = []
        try:
            answer = await self._ask(scope | {INTAKE: taken})
            if taken and answer.status == 204:
                await take_in(taken[0], receive, self.writers, self.stopping.told)
                answer = await self._ask(scope | {INTAKE: taken[0]})
        finally:
            for piece in taken:
                piece.close()
        await answer.pass_on(send)

    async def _listen(self, of: str, id_: UUID, scope: Scope, receive: Receive, send: Send) -> None:
        """Whoever may read a page of events may have them as a stream."""
        if (place := header(scope, b"last-event-id")) and not PLACE.fullmatch(place):
            await bad_place(place, header(scope, b"x-request-id")).pass_on(send)
            return
        page = asking(scope, scope["path"], first_page(scope, place))
        answer = await self._ask(page)
        if answer.status != 200:
            await answer.pass_on(send)
            return
        with suppress(TimeoutError):  # of a client that takes nothing
            if await unless_gone(self._tell(listener_for(of, id_, page), page, send), receive, self.stopping.told):
                async with asyncio.timeout(LAST_WORD_S):
                    await send({"type": "http.response.body", "body": b""})

    async def _tell(self, listener: Listener, page: Scope, send: Send) -> None:
        """The stream, for as long as its reader takes it and may read the page of the same events."""
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        asked_at = time.monotonic()
        async with aclosing(stream(self.lookout, listener)) as telling:
            async for said in telling:
                if time.monotonic() - asked_at > (IDLE_FOR_S if said.endswith(STILL) else ALLOWED_FOR_S):
                    if (await self._ask(page)).status != 200:
                        return
                    asked_at = time.monotonic()
                async with asyncio.timeout(STALLED_S):
                    await send({"type": "http.response.body", "body": said, "more_body": True})


def asked_wait(scope: Scope) -> float:
    """Seconds asked for by `?wait=`, at most a minute; 0 where there is no such word or it is no number."""
    return seconds(parse_qs(scope["query_string"].decode("latin-1")).get("wait", ["0"])[0]) or 0.0


def moving(answer: Answer) -> bool:
    """Whether it is about a job that has not come to rest."""
    return answer.status in (200, 202) and answer.json().get("state", STANDS_STILL[0]) not in STANDS_STILL


def wants_stream(scope: Scope) -> bool:
    """Whether the client asked for Server-Sent Events."""
    return "text/event-stream" in header(scope, b"accept")
