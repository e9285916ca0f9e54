"""`manage.py seed_history`: finished generate jobs in a project's past, to see how lists and verification hold up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Project, User
from audit.services import append
from config import clock
from jobs.models import Job, State

WHY = "written by seed_history; made nothing"


class Command(BaseCommand):
    """Write finished jobs into a project's history."""

    help = "Put N finished generate jobs without artifacts into a project's history (for trying things at size)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True)
        parser.add_argument("--jobs", type=int, default=1000)

    @transaction.atomic
    def handle(self, *args: Any, **said: Any) -> None:
        project = Project.objects.filter(slug=said["project"]).first()
        owner = User.objects.filter(is_superuser=True).order_by("pk").first()
        if project is None or owner is None:
            raise CommandError(f"There is no project {said['project']!r}.")
        there = Job.objects.filter(project=project, state_reason=WHY).count()
        missing = max(0, said["jobs"] - there)
        now = clock.now()
        Job.objects.bulk_create(
            [
                Job(
                    project=project,
                    kind="generate",
                    name=f"history {number}",
                    state=State.SUCCEEDED,
                    state_reason=WHY,
                    queue="generate.cpu",
                    seed=str(number),
                    params={"count": 0},
                    submitted_by=owner,
                    created_at=now,
                    started_at=now,
                    finished_at=now,
                    result={"count": 0},
                )
                for number in range(there, there + missing)
            ],
            batch_size=500,
        )
        append(
            actor="command line",
            verb="history.seeded",
            subject=("project", str(project.pk)),
            project=project.pk,
            detail={"jobs": missing},
        )
        self.stdout.write(f"{missing} jobs written into the history of {project.slug}, {there} were there")
