"""Once an hour a web process deletes what was kept long enough; several may do so at once."""

from __future__ import annotations

import logging
import threading

from django.db import connection

from api.idempotency import forget_old
from config import clock
from webhooks.retention import forget

FIRST_AFTER_S, EVERY_S = 60.0, 3600.0
log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps from a thread of its own."""

    def __init__(self, first_after_s: float = FIRST_AFTER_S, every_s: float = EVERY_S) -> None:
        self.first_after_s, self.every_s = first_after_s, every_s
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End; what is left is deleted by the next one."""
        self.stopping.set()
        self.thread.join(1)

    def _run(self) -> None:
        wait_s = self.first_after_s
        while not self.stopping.wait(wait_s):
            for delete in (lambda: forget_old(clock.now()), forget):
                try:
                    delete()
                except Exception:
                    log.exception("what was kept long enough could not be deleted; it is in an hour")
            connection.close()
            wait_s = self.every_s
