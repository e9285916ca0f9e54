"""A failpoint for tests alone: the web process dies between the commit of a job and its wake-up, when it is armed.

The settings module `tests.faults.dying_settings` brings it into the web process; the product knows nothing of it.
"""

from __future__ import annotations

import os
import signal

from django.apps import AppConfig
from django.conf import settings

ARMED = "die-before-the-wake-up"


class Dying(AppConfig):
    """Puts itself before `wake.wake`, which is called when the transaction of a submission has been committed."""

    name, label = "tests.faults", "dying"

    def ready(self) -> None:
        """Ring as ever, unless the file is there; it is used up."""
        from jobs import wake

        ring = wake.wake

        def die_or_ring(queue: str) -> None:
            armed = settings.RUN_FOLDER / ARMED
            if armed.exists():
                armed.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
            ring(queue)

        wake.wake = die_or_ring
