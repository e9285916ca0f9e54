"""`manage.py bootstrap`: what a first start needs; what is there already is left alone."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Project, User
from accounts.people import create_user
from accounts.services import create_project
from catalog import plugins
from catalog.models import Plugin
from config.messages import compile_messages
from models_store.canonical import digest
from models_store.keys import create_keyring

SETUP = "setup"  # the name under which set-up announces this machine's plug-ins
DEFAULT_PROJECT = "studio"


class Command(BaseCommand):
    """Keys, the user `admin`, a first project, the plug-in catalogue, compiled translations."""

    help = "Make the keyring, the user admin, a first project and the plug-in catalogue, as far as they are missing."

    def handle(self, *args: Any, **said: Any) -> None:
        for folder in ("uploads", "attempts", "store", "logs", "run"):
            (settings.KILNMARK_HOME / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        create_keyring(settings.KEYS_FOLDER)
        compile_messages()
        self._admin()
        self._catalogue()

    @transaction.atomic
    def _admin(self) -> None:
        if User.objects.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        admin = create_user("admin", password=password, actor="set-up", is_staff=True, is_superuser=True)
        if not Project.objects.exists():
            create_project(DEFAULT_PROJECT, actor=admin, title="Studio")
        note = settings.KILNMARK_HOME / "admin-password"
        descriptor = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(password + "\n")
        self.stdout.write(f"user admin, password {password} (kept in {note})")

    def _catalogue(self) -> None:
        stamp = settings.KILNMARK_HOME / "run" / "catalogue"
        code = _code_digest(settings.ROOT)
        if Plugin.objects.filter(worker=SETUP).exists() and stamp.exists() and stamp.read_text() == code:
            plugins.still_there(SETUP)
            return
        command = [sys.executable, "-m", "workers.registry", "--json"]
        found = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
        if found.returncode:
            raise CommandError(f"The plug-in registry failed: {found.stderr.strip().splitlines()[-1]}")
        count = plugins.announce(SETUP, json.loads(found.stdout))
        stamp.write_text(code)
        self.stdout.write(f"{count} plug-ins in the catalogue")


def _code_digest(root: Path) -> str:
    files = sorted((root / "workers").rglob("*.py"))
    return digest(b"".join(path.read_bytes() for path in files))
