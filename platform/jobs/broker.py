"""Whether the broker answers: jobs are found without it, only later."""

from __future__ import annotations

import socket
from urllib.parse import unquote, urlsplit

ANSWERS_WITHIN_S = 0.3


def broker_answers(url: str) -> bool:
    """Whether somebody listens at a redis:// or redis+socket:// address."""
    said = urlsplit(url)
    try:
        if said.scheme.endswith("socket"):
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(ANSWERS_WITHIN_S)
                line.connect(unquote(said.path))
        else:
            socket.create_connection((said.hostname, said.port or 6379), ANSWERS_WITHIN_S).close()
    except OSError:
        return False
    return True
