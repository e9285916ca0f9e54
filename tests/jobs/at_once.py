"""Deeds in threads that start together, over one real database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection


def at_once(*deeds: Callable[[], object]) -> list[Exception]:
    """Do them in threads that start together; returns what they raised."""
    ready, raised = threading.Barrier(len(deeds)), []

    def do(deed: Callable[[], object]) -> None:
        try:
            ready.wait()
            deed()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised
