"""A database that does not answer for a while: what a worker had to write is written when it does.

An attempt outlives a restart of the server as long as its lease does. Every write names its token, so one that was
committed although the answer was lost is refused or known when it comes again; only a line of the log may come twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from models_store.full_disk import no_room
from workers.tasks import ballast

log = logging.getLogger(__name__)
T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)  # the server's or the connection's fault, not the statement's
PAUSE_S = 0.5


def outlasting(act: Callable[[], T], patience_s: float) -> T:
    """What `act` returns, done again on a new connection until the database has answered; AWAY after `patience_s`.

    `act` leaves nothing half done in the database when it is interrupted.
    """
    end = time.monotonic() + patience_s
    while True:
        try:
            return act()
        except AWAY as fault:
            freed = no_room(fault) and ballast.give_away()
            if time.monotonic() > end and not freed:
                raise
            log.warning("the database does not answer (%s); tried again", str(fault).strip().partition("\n")[0])
        if connection.in_atomic_block:  # a caller's transaction is lost with its connection
            raise RuntimeError("a write that outlasts an outage begins its transaction itself")
        connection.close()
        time.sleep(PAUSE_S)
