"""`manage.py digest`: the morning digest as a mail, now; prints it, or sends it to those in KILNMARK_DIGEST_TO."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.night.digest_mail import send, written
from jobs.digest import digest


class Command(BaseCommand):
    """Print the digest, or send it."""

    help = "Print the morning digest as its mail says it; --send sends it to KILNMARK_DIGEST_TO."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--send", action="store_true")

    def handle(self, *args: Any, **said: Any) -> None:
        found = digest(None)
        if not said["send"]:
            mail = written(found)
            self.stdout.write(f"{mail.subject}\n\n{mail.body}")
            return
        if not settings.DIGEST_TO:
            raise CommandError("KILNMARK_DIGEST_TO names nobody to send it to.")
        send(found)
        self.stdout.write(f"sent to {len(settings.DIGEST_TO)}")
