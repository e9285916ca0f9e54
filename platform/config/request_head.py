"""What a request may bring before its body: uvicorn keeps headers and addresses of any length, which fills memory."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 2**10  # of a request line and its headers, or of what follows a body; more only within one read
SAYS = {400: "malformed", 431: "headers_too_large"}


class BoundedHead(HttpToolsProtocol):
    """uvicorn's own protocol; 431 (RFC 6585, section 5) for a head that does not end, problem+json for what is none."""

    unread = 0  # bytes that have brought neither the end of a head nor a byte of a body

    def data_received(self, data: bytes) -> None:
        """What came: parsed, and let go where nothing comes of it."""
        self.unread += len(data)
        super().data_received(data)
        if self.unread > MOST_BYTES and not self.transport.is_closing():
            self._refuse(431, f"A request has at most {MOST_BYTES} bytes before its body.")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self.unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole, with what may follow its body."""
        self.unread = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as HTTP."""
        self._refuse(400, msg)

    def _refuse(self, status: int, detail: str) -> None:
        """Say so, unless an answer is on its way already, and hang up."""
        if self.cycle is None or self.cycle.response_complete:
            phrase, name, code = HTTPStatus(status).phrase, str(uuid.uuid4()), SAYS[status]
            said = {"type": f"urn:kilnmark:problem:{code}", "title": phrase, "status": status, "code": code}
            body = json.dumps(said | {"detail": detail, "request_id": name}).encode()
            head = (
                f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\nx-request-id: {name}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
