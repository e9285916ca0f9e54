"""`manage.py export_log FILE`: the audit log as a file for an auditor, checked by docs/verify_audit.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.export import export
from models_store.errors import ProductError
from models_store.keys import Keyring


class Command(BaseCommand):
    """The export of the log."""

    help = "Write every leaf below the newest signed head to FILE (JSON Lines), with what checks them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--details", action="store_true", help="with actors, details and salts: personal data")

    def handle(self, *args: Any, **said: Any) -> None:
        place: Path = said["file"]
        part = place.with_name(place.name + ".part")
        if place.exists():
            raise CommandError(f"There is a file {place.name} already.")
        try:
            lines = export(Keyring.load(settings.KEYS_FOLDER), actor="command line", details=said["details"])
            count = _write(part, lines) - 2
            os.replace(part, place)
        except (OSError, ProductError) as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{place.name} was not written: {getattr(error, 'detail', error)}") from error
        self.stdout.write(f"{count} leaves; check them with docs/verify_audit.py")


def _write(place: Path, lines: Any) -> int:
    """A file of mode 600, on the disk when this returns; the number of its lines."""
    count = 0
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for line in lines:
            file.write(line)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count
