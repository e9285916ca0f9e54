"""`manage.py rotate_keys credential|log|bundle|root`: a new key for an old one (docs/keys.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit.services import append
from config import clock
from models_store.errors import ProductError
from models_store.key_rotation import renew_root, rotate, rotate_credential
from models_store.keys import OFFLINE_KEY, PURPOSES, Keyring
from models_store.signers import FILE, held_elsewhere


class Command(BaseCommand):
    """The change of a key, which is an event of the log."""

    help = "Replace a signing key; what the old one signed stays valid. `credential` needs the offline root key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("which", choices=["credential", *PURPOSES, "root"])
        parser.add_argument("--root-key", type=Path, help="the root key, on the medium where it is kept")

    def handle(self, *args: Any, **said: Any) -> None:
        which, folder = said["which"], settings.KEYS_FOLDER
        try:
            before = Keyring.load(folder)
            after = self._changed(which, folder, said["root_key"] or folder / OFFLINE_KEY)
        except ProductError as error:
            raise CommandError(error.detail) from error
        old, new = (_named(which, ring) for ring in (before, after))
        with transaction.atomic():
            append(
                actor="command line", verb="key.rotated", subject=("audit", which), detail={"before": old, "after": new}
            )
        self.stdout.write(f"{which}: {old} signs no more, {new} does")
        if (folder / OFFLINE_KEY).exists():
            self.stdout.write(f"{folder / OFFLINE_KEY} lies here: move its folder to a medium that is kept offline")

    def _changed(self, which: str, folder: Path, root_key: Path) -> Keyring:
        if which in PURPOSES:
            return rotate(folder, which)
        if which == "root":
            renew_root(folder, at=clock.now())
            return Keyring.load(folder)
        held = None if settings.SIGNER == FILE else held_elsewhere(settings.SIGNER).public
        return rotate_credential(folder, root_key, at=clock.now(), held=held)


def _named(which: str, ring: Keyring) -> str:
    """The id of a key; of a root, the fingerprint of its certificate."""
    return {"credential": ring.credential_id, "root": ring.root_id}.get(which) or getattr(ring, which).key_id
