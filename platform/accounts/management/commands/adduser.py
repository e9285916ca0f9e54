"""`manage.py adduser NAME --project P --role R`: a person with a role in a project, for scripts."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.members import set_role
from accounts.models import Project, Role, User
from accounts.people import create_user
from accounts.services import create_project
from models_store.errors import ProductError


class Command(BaseCommand):
    """Add a person, or change the role of one who is there."""

    help = "Add NAME to a project with a role; a new person's password is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--project", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.SUBMITTER)
        parser.add_argument("--quiet", action="store_true", help="do not print the password")

    @transaction.atomic
    def handle(self, *args: Any, **said: Any) -> None:
        try:
            user = User.objects.filter(username=said["name"]).first()
            if user is None:
                password = secrets.token_urlsafe(12)
                user = create_user(said["name"], password=password, actor="command line")
                if not said["quiet"]:
                    self.stdout.write(f"password of {user.username}: {password}")
            project = Project.objects.filter(slug=said["project"]).first()
            if project is None:
                owner = User.objects.filter(is_superuser=True).order_by("pk").first() or user
                project = create_project(said["project"], actor=owner)
                if not said["quiet"]:
                    self.stdout.write(f"new project {project.slug}, owned by {owner.username}")
            set_role(project, user, said["role"], actor="command line")
        except ProductError as error:
            raise CommandError(error.detail) from error
