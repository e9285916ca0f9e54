"""Jobs that speak: `python -m benchmarks.spoken_events` makes some in a prepared home and prints who may hear them.

With ids of jobs as arguments it writes one event of each, and prints when (CLOCK_MONOTONIC, which processes share).
"""

from __future__ import annotations

import json
import os
import sys
import time

from deploy.home import ROOT

JOBS = 50


def begin() -> str:
    """{token, project, jobs} as JSON."""
    from accounts.models import Project, User
    from accounts.services import issue_token
    from config import clock
    from jobs.models import Job

    owner = User.objects.filter(is_superuser=True).order_by("pk").first()
    project = Project.objects.order_by("created_at").first()
    if owner is None or project is None:
        raise SystemExit("the home has no project yet: manage.py bootstrap")
    said = {"project": project, "submitted_by": owner, "kind": "train", "queue": "none", "seed": "7"}
    jobs = [Job.objects.create(**said, created_at=clock.now()) for _ in range(JOBS)]
    token = issue_token(owner, scopes=["read"])[1]
    return json.dumps({"token": token, "project": str(project.pk), "jobs": [str(one.pk) for one in jobs]})


def speak(jobs: list[str]) -> str:
    """When all had been written."""
    from config import clock
    from jobs.models import JobEvent

    said = {"type": "state", "at": clock.now(), "data": {"state": "queued", "reason": "a benchmark"}}
    JobEvent.objects.bulk_create([JobEvent(job_id=one, **said) for one in jobs])
    return json.dumps(time.monotonic())


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(speak(sys.argv[1:]) if sys.argv[1:] else begin())
