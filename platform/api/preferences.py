"""What a client would like (Prefer, RFC 7240): to wait for a job, or not to wait for a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from api.exchange import Answer, Scope

LONGEST_WAIT_S = 60.0
DIGITS = 6
MOVING = 202


@dataclass(frozen=True)
class Preferences:
    """`wait_s`: seconds, None where none were asked for; `respond_async`: that the answer need not be the result."""

    wait_s: float | None = None
    respond_async: bool = False

    def waits(self, otherwise_s: float) -> float:
        """How long to wait where `otherwise_s` is usual."""
        if self.wait_s is not None:
            return self.wait_s
        return 0.0 if self.respond_async else otherwise_s

    def mark(self, answer: Answer) -> None:
        """Say in an answer which preferences were heeded (section 3)."""
        said = ["respond-async"] if self.respond_async else []
        said += [f"wait={self.wait_s:.0f}"] if self.wait_s is not None else []
        if said and answer.status < 400:
            answer.headers = [*answer.headers, (b"preference-applied", ", ".join(said).encode())]


def preferred(scope: Scope) -> Preferences:
    """From the Prefer headers of a request (ASGI); of one that is said twice the first counts (section 2)."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"prefer"]
    said: dict[str, str] = {}
    for one in ",".join(lines).split(","):
        name, _, value = one.partition(";")[0].partition("=")
        said.setdefault(name.strip().lower(), value.strip().strip('"'))
    return Preferences(seconds(said.get("wait", "")), "respond-async" in said)


def seconds(said: str) -> float | None:
    """A whole number of seconds, at most a minute; None for anything else."""
    return min(float(said[:DIGITS]), LONGEST_WAIT_S) if said.isascii() and said.isdecimal() else None
