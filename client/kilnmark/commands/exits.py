"""Every exit code of the command line; docs/command-line.md is held to this table."""

from __future__ import annotations

from enum import IntEnum

from kilnmark import errors


class Exit(IntEnum):
    """What a script can tell apart."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    ALTERED = 3
    NO_EVIDENCE = 4
    LIKELY_OURS = 5
    TAKEN_BACK = 6
    RESEMBLES = 7
    REFUSED = 10
    NOT_LOGGED_IN = 11
    NOT_ALLOWED = 12
    NOT_FOUND = 13
    CONFLICT = 14
    UNREACHABLE = 15
    FAULT = 16
    JOB_FAILED = 20
    JOB_CANCELLED = 21
    JOB_HELD = 22
    LOG_BROKEN = 30
    INTERRUPTED = 130


MEANS = {
    Exit.DONE: "done; of `verify`: ours; of a job that was waited for: it succeeded",
    Exit.FAILED: "a file cannot be read or written, or what answered is no Kilnmark platform",
    Exit.USAGE: "wrong usage: nothing was asked of the platform",
    Exit.ALTERED: "`verify`: altered",
    Exit.NO_EVIDENCE: '`verify`: no evidence (which is not "not ours")',
    Exit.LIKELY_OURS: "`verify`: likely ours",
    Exit.TAKEN_BACK: "`verify`: ours, but withdrawn, or its model revoked",
    Exit.RESEMBLES: "`verify`: resembles something that was released, nothing more",
    Exit.REFUSED: "the platform refused: 400, 413, 415, 422, 429 and other 4xx",
    Exit.NOT_LOGGED_IN: "no token, or one that does not hold (401): `kilnmark login`",
    Exit.NOT_ALLOWED: "you, or your token, may not (403)",
    Exit.NOT_FOUND: "there is none, or none that you may see (404, 410)",
    Exit.CONFLICT: "it does not fit how things stand (409, 412)",
    Exit.UNREACHABLE: "no answer, however often it was tried; or 502, 503, 504",
    Exit.FAULT: "a fault of the platform (other 5xx): its log has the request id",
    Exit.JOB_FAILED: "the job that was waited for failed or errored",
    Exit.JOB_CANCELLED: "the job that was waited for was cancelled",
    Exit.JOB_HELD: "the job that was waited for is paused, or held for a person",
    Exit.LOG_BROKEN: "`audit check`: NOT VERIFIED",
    Exit.INTERRUPTED: "Ctrl-C; a job that was watched goes on",
}
BY_STATE = {
    "succeeded": Exit.DONE,
    "failed": Exit.JOB_FAILED,
    "errored": Exit.JOB_FAILED,
    "cancelled": Exit.JOB_CANCELLED,
}
BY_VERDICT = {
    "ours": Exit.DONE, "altered": Exit.ALTERED, "no_evidence": Exit.NO_EVIDENCE, "likely_ours": Exit.LIKELY_OURS,
    "resembles": Exit.RESEMBLES,
}  # fmt: skip
BY_ERROR = (  # the first that fits
    (errors.Misused, Exit.USAGE),
    (errors.NotAuthenticated, Exit.NOT_LOGGED_IN),
    (errors.NotAllowed, Exit.NOT_ALLOWED),
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.Gone, Exit.NOT_FOUND),
    (errors.Conflict, Exit.CONFLICT),
    (errors.Changed, Exit.CONFLICT),
    (errors.Unavailable, Exit.UNREACHABLE),
    (errors.ServerFault, Exit.FAULT),
    (errors.ApiError, Exit.REFUSED),
    (errors.Unreachable, Exit.UNREACHABLE),
    (errors.KilnmarkError, Exit.FAILED),
    (OSError, Exit.FAILED),
)


def code_of(error: Exception) -> Exit:
    """The exit code of an error that a command ended with."""
    return next((code for kind, code in BY_ERROR if isinstance(error, kind)), Exit.FAILED)


def code_of_state(state: str) -> Exit:
    """Of a job that is waited for no longer."""
    return BY_STATE.get(state, Exit.JOB_HELD)
