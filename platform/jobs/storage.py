"""How much of the store a project holds: counted by a sweeper, with uploads added as they come.

The store alone knows what lies in it, and counting takes a walk through it. So a sweeper counts, at most every
STORAGE_COUNT_S and only projects that have used a device since; uploads are added to the last count at once. What a
running job makes is therefore seen at the next count: a project may go beyond its quota by what it makes in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import Project
from catalog.models import Plugin
from catalog.store import blobs, namespace
from config import clock
from jobs.models import StorageUse
from jobs.running import running_now
from models_store.errors import Conflict

SMALL = ("figures", "findings")  # what may still be made when the quota is used up
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Seen:
    """What a process remembers of its counts: when it looked, and the device seconds that projects had used by then."""

    looked_at: datetime = LONG_AGO
    used_s: dict[UUID, float] = field(default_factory=dict)


_seen = Seen()


class QuotaStorage(Conflict):
    """The project's storage quota is used up."""

    code = "quota_storage"


def used_bytes(project: Project) -> int:
    """As last counted, with the uploads since; counted now where it never was."""
    row = StorageUse.objects.filter(project=project).first() or count(project, clock.now())
    return row.bytes


def require_room(project: Project, more_bytes: int = 0) -> None:
    """QuotaStorage where so many more bytes do not fit into the project's quota, or it is used up already."""
    limit = project.max_storage_bytes
    if not limit:
        return
    used = used_bytes(project)
    if used + more_bytes > limit or used >= limit:
        raise QuotaStorage(
            f"The storage quota of project {project.slug} is used up: {used:,} of {limit:,} bytes.",
            field="project",
            expected=limit,
            got=used + more_bytes,
        )


def require_room_for(kinds: Iterable[str], project: Project) -> None:
    """The same for a submission; jobs that leave nothing but figures are always taken."""
    if not project.max_storage_bytes:
        return
    small = Plugin.objects.filter(kind="kind", abilities__produces__in=SMALL).values_list("name", flat=True)
    if set(kinds) - set(small):
        require_room(project)


def add_upload(project: Project, size: int) -> None:
    """Add an upload to the last count."""
    if project.max_storage_bytes:
        StorageUse.objects.filter(project=project).update(bytes=F("bytes") + size)


def free(project: Project, size: int) -> None:
    """Take what was deleted off the last count."""
    if size:
        left = Greatest(F("bytes") - size, 0)
        StorageUse.objects.filter(project=project).update(bytes=left)


def count(project: Project, now: datetime) -> StorageUse:
    """Walk through the project's part of the store and keep what was found."""
    facts = {"bytes": blobs().used(namespace(project)), "counted_at": now}
    row, _ = StorageUse.objects.update_or_create(project=project, defaults=facts)
    return row


def count_due(now: datetime) -> int:
    """Count the projects that used a device since this process counted them; returns how many. Idle, nothing is done.

    What another worker counted a moment ago is not counted again.
    """
    between = timedelta(seconds=settings.STORAGE_COUNT_S)
    if now - _seen.looked_at < between:
        return 0
    _seen.looked_at = now
    running, counted = running_now(now), 0
    fresh = set(StorageUse.objects.filter(counted_at__gt=now - between / 2).values_list("project", flat=True))
    for project in Project.objects.all():
        idle = _seen.used_s.get(project.pk) == project.used_device_s and project.pk not in running
        if not idle and project.pk not in fresh:
            count(project, now)
            counted, _seen.used_s[project.pk] = counted + 1, project.used_device_s
    return counted
