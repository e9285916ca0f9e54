"""`manage.py check_log`: the audit log checks itself whole; exit code 1 where anything does not fit."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.selfcheck import verify_log
from models_store.keys import Keyring


class Command(BaseCommand):
    """The self-check of the log."""

    help = "Rebuild the log's tree from its leaves and compare rows, commitments, nodes, heads and signatures with it."

    def handle(self, *args: Any, **said: Any) -> None:
        check = verify_log(Keyring.load(settings.KEYS_FOLDER), settings.HEADS_FOLDER)
        if not check.ok:
            raise CommandError("The log does not fit itself:\n" + "\n".join(check.problems))
        self.stdout.write(
            f"{check.events} events and {check.heads} signed heads fit; {check.erased} details are erased"
        )
