"""Who this worker is: the name its claims, its log lines and its announcements carry."""

from __future__ import annotations

import os
import socket

_name = f"{socket.gethostname()}-{os.getpid()}"


def worker_name() -> str:
    """The name given by `call_me`, else host and process id."""
    return _name


def call_me(name: str) -> None:
    """Take the node name Celery was started with."""
    global _name
    _name = name
