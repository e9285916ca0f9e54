"""Django on a fixed pool of threads, one request on one thread from its first middleware to its last.

Django's own ASGI handler starts a thread for each request and hops to it and back for each middleware, which costs more
than most of our views, and no connection to the database outlives such a thread. Here the request is whole before it
gets a thread, and all of it runs there as it would under WSGI; so threads keep their connections from one to the next.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from api.exchange import Receive, Scope, Send

LONG = 8  # requests at a time that may take longer, or wait for others to have written


def quick() -> int:
    """How many reads over REST run at a time: with SQLite they are computing all the while, and more of them would only
    fight for the interpreter; with PostgreSQL each waits for answers half of its time.
    """
    return 1 if connection.vendor == "sqlite" else 4


class Threaded(ASGIHandler):
    """The ASGI application of Django. The gate lets in as many at a time as there are threads."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._kept: list[BaseDatabaseWrapper] = []
        self.pool = self._threads()

    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(quick() + LONG, "view", initializer=lambda: self._kept.append(connections["default"]))

    def close(self) -> None:
        """End the threads and give back their connections to the database; the next request begins anew."""
        self.pool.shutdown()
        for kept in self._kept:
            kept.inc_thread_sharing()
            kept.close()
        self._kept.clear()
        self.pool = self._threads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing is answered to a client that went away before its body was whole."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            answer = asyncio.get_running_loop().run_in_executor(
                self.pool, copy_context().run, self._answer, scope, body
            )
            await self.send_response(await answer, send)

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """The body, beyond some megabytes in a file where uploads lie: the system's own folder may be memory."""
        most, folder = settings.FILE_UPLOAD_MAX_MEMORY_SIZE, settings.FILE_UPLOAD_TEMP_DIR
        body: Any = SpooledTemporaryFile(max_size=most, mode="w+b", dir=folder)  # noqa: SIM115 - whoever reads it does
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)
        return body

    def _answer(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """What is to be sent, whole: files go another way (downloads.py), and no page is made in pieces."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        response = refusal if request is None else self.get_response(request)
        if response.streaming:
            whole = HttpResponse(response.getvalue(), status=response.status_code, headers=dict(response.items()))
            whole.cookies = response.cookies
            response.close()
            return whole
        response.close()  # on the thread whose connection to the database it gives back
        return response
