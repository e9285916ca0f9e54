"""What can go wrong; no text here holds a token, and none holds control characters that a server sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Job(Protocol):
    """What is said here of a job; it is a `kilnmark.answers.jobs.Job`."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def state_reason(self) -> str: ...
    @property
    def error(self) -> Any: ...


class KilnmarkError(Exception):
    """Everything that this library raises on purpose."""


class Misused(KilnmarkError, ValueError):
    """Something was asked in a way that cannot work; nothing was sent."""


class Unreachable(KilnmarkError, ConnectionError):
    """No whole answer came, however often it was tried."""


class NotUnderstood(KilnmarkError):
    """What answered does not speak as a Kilnmark platform does."""


class WaitEnded(KilnmarkError, TimeoutError):
    """The time to wait is over; `job` is how it stood last."""

    def __init__(self, job: Job, waited_s: float) -> None:
        super().__init__(f"Job {job.id} is {plain(job.state)} after {waited_s:.0f} s; it goes on without us.")
        self.job, self.waited_s = job, waited_s

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.job, self.waited_s)


class JobNotSucceeded(KilnmarkError):
    """The job ended otherwise; `job` says why."""

    def __init__(self, job: Job) -> None:
        why = f"{job.error.code}: {job.error.detail}" if job.error else job.state_reason
        super().__init__(plain(f"Job {job.id} {job.state}. {why}".strip()))
        self.job = job

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.job,)


class DigestMismatch(KilnmarkError):
    """The bytes that came are not those that were announced; nothing was kept."""


class FileInTheWay(KilnmarkError, FileExistsError):
    """There is a file of that name; say `overwrite=True` to replace it."""


class FileChanged(KilnmarkError):
    """The file was changed while it was sent."""


class ApiError(KilnmarkError):
    """The platform refused (RFC 9457): `code` is stable, `field` is where, `expected` and `got` are what."""

    def __init__(self, status: int, said: Mapping[str, Any], *, retry_after_s: float | None = None) -> None:
        self.status = status
        self.code = str(said.get("code") or f"http_{status}")
        self.detail = str(said.get("detail") or said.get("title") or "")
        field = said.get("field")
        self.field: str | None = None if field is None else str(field)
        self.expected, self.got = said.get("expected"), said.get("got")
        request_id = said.get("request_id")
        self.request_id: str | None = None if request_id is None else str(request_id)
        self.retry_after_s = retry_after_s
        self.said = dict(said)
        super().__init__(plain(self._sentence()))

    def __reduce__(self) -> tuple[Any, ...]:  # so that it comes back whole from another process
        return refused, (self.status, self.said, self.retry_after_s)

    def _sentence(self) -> str:
        facts = [f"field {self.field}"] if self.field else []
        facts += [f"expected {self.expected}"] if self.expected is not None else []
        facts += [f"got {self.got}"] if self.got is not None else []
        facts += [f"request {self.request_id}"] if self.request_id else []
        return f"{self.status} {self.code}: {self.detail}" + (f" ({'; '.join(facts)})" if facts else "")


class BadRequest(ApiError):
    """400: it is not even read."""


class NotAuthenticated(ApiError):
    """401: the token is missing, wrong, expired or revoked."""


class NotAllowed(ApiError):
    """403: the person or the token may not."""


class NotFound(ApiError):
    """404: there is none, or none that you may see."""


class Conflict(ApiError):
    """409: it does not fit how things stand."""


class Gone(ApiError):
    """410: it was there, and is not any more."""


class Changed(ApiError):
    """412: somebody else changed it since it was read."""


class TooLarge(ApiError):
    """413: more than is taken."""


class Invalid(ApiError):
    """422: a value is wrong; `field` names it."""


class TooMany(ApiError):
    """429: too often, or too many at once."""


class ServerFault(ApiError):
    """5xx: a fault of the platform; its log has `request_id`."""


class Unavailable(ServerFault):
    """502, 503, 504: not now."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest, 401: NotAuthenticated, 403: NotAllowed, 404: NotFound, 409: Conflict, 410: Gone, 412: Changed,
    413: TooLarge, 422: Invalid, 429: TooMany, 502: Unavailable, 503: Unavailable, 504: Unavailable,
}  # fmt: skip


def refused(status: int, said: Mapping[str, Any], retry_after_s: float | None = None) -> ApiError:
    """The error for a status."""
    kind = BY_STATUS.get(status, ServerFault if status >= 500 else ApiError)
    return kind(status, said, retry_after_s=retry_after_s)


def plain(text: str) -> str:
    """A text from afar on one line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
