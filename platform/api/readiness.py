"""What must work before a request can be served: database, schema, store, keys. Broker and log are only reported."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from audit.alarms import standing
from catalog.store import blobs
from jobs.broker import broker_answers
from models_store.keys import Keyring

log = logging.getLogger(__name__)
PROBE = "readiness"  # a namespace of its own in the store
_migrated = False


def readiness() -> tuple[bool, dict[str, str]]:
    """Whether all is well, and each check in a word; reasons go to the log, since anybody may ask."""
    checks = {name: _outcome(name, check) for name, check in CHECKS.items()}
    ready = all(said == "ok" for said in checks.values())
    reported = {"broker": "ok" if broker_answers(settings.BROKER_URL) else "absent", "log": log_in_a_word()}
    return ready, checks | reported


def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # whatever it is, the answer is: not ready
        log.warning("not ready: %s: %s", name, error)
        return "failed"
    return "ok"


def database_answers() -> None:
    """One round trip."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def migrations_are_applied() -> None:
    """No migration waits; looked at until it is so, since it cannot become untrue while this process runs."""
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("there are migrations to apply: manage.py migrate")
    _migrated = True


def store_takes_a_blob() -> None:
    """Write, then forget."""
    blobs().delete(PROBE, blobs().put(PROBE, b"ready?"))


def keyring_opens() -> None:
    """Every key is there and readable by us alone."""
    Keyring.load(settings.KEYS_FOLDER)


def log_in_a_word() -> str:
    """ "alarm" where something is wrong with the audit log; requests are served all the same."""
    try:
        return "alarm" if standing() else "ok"
    except DatabaseError:  # which is a check of its own
        return "unknown"


CHECKS = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "store": store_takes_a_blob,
    "keys": keyring_opens,
}
