"""`manage.py token USER` prints a fresh API token and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import issue_token


class Command(BaseCommand):
    """A fresh API token on standard output."""

    help = "Print a fresh API token for USER and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--name", default="command line")

    def handle(self, *args: Any, **said: Any) -> None:
        user = User.objects.filter(username=said["user"], is_active=True).first()
        if user is None:
            known = ", ".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:20])
            raise CommandError(f"There is no active user {said['user']!r}; there are: {known or 'none'}.")
        _, secret = issue_token(user, name=said["name"], actor="command line")
        self.stdout.write(secret)
