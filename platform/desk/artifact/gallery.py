"""One page of artifacts: by index within a job, by age without one; no page costs more than another."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from desk.artifact.text import with_excerpts
from jobs.models import Job
from lineage.flags import hidden, shows_all
from lineage.models import Artifact
from models_store.ids import is_uuid

PAGE = 60


def gallery(rows: QuerySet[Artifact], job: Job | None, start: str, reader: User) -> dict[str, Any]:
    """PAGE artifacts from `start` (an index within a job, else an id), and where the neighbouring pages start.

    `cards` are the artifacts, each with how its text begins if it is one; `hidden` are those that were withdrawn and
    are not for this reader.
    """
    rows = rows.select_related("withdrawal", "project").prefetch_related("flags")
    found = _of_job(rows.filter(job=job), job, start) if job else _newest(rows, start)
    unseen = hidden(found["artifacts"], reader)
    may_all = not job or shows_all(job, reader)
    return found | {"cards": with_excerpts(found["artifacts"], unseen), "hidden": unseen, "all_shown": may_all}


def _of_job(rows: QuerySet[Artifact], job: Job, start: str) -> dict[str, Any]:
    first = int(start) if start.isdecimal() and len(start) < 9 else 0
    shown = list(rows.filter(index__gte=first).order_by("index")[: PAGE + 1])
    earlier = rows.filter(index__lt=first).order_by("-index").values_list("index", flat=True)[:PAGE]
    return {
        "job": job,
        "artifacts": shown[:PAGE],
        "next": str(shown[PAGE].index) if len(shown) > PAGE else "",
        "previous": str(min(earlier)) if first and earlier else "",
        "result": job.result,
    }


def _newest(rows: QuerySet[Artifact], start: str) -> dict[str, Any]:
    older = rows.filter(pk__lte=start) if is_uuid(start) else rows
    shown = list(older.order_by("-pk")[: PAGE + 1])
    newer = rows.filter(pk__gt=start).order_by("pk").values_list("pk", flat=True)[:PAGE] if is_uuid(start) else []
    return {
        "job": None,
        "artifacts": shown[:PAGE],
        "next": str(shown[PAGE].pk) if len(shown) > PAGE else "",
        "previous": str(max(newer)) if newer else "",
        "result": {},
    }
