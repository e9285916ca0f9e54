"""`manage.py trust_bundle`: the public keys that check what this platform made, for people without access to it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lineage.trusted import trusted
from models_store.errors import ProductError


class Command(BaseCommand):
    """The trust bundle, on standard output."""

    help = "Write the trust bundle (JSON, no secret in it): give it out on another way than the files it checks."

    def handle(self, *args: Any, **said: Any) -> None:
        try:
            self.stdout.write(json.dumps(trusted(), indent=1, sort_keys=True))
        except ProductError as error:
            raise CommandError(error.detail) from error
