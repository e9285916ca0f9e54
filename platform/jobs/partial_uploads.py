"""The verbs on uploads that come in pieces: begun, added to, used or given up; only their owner sees them."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounts.models import Project, Role, User
from accounts.services import require
from config import clock
from jobs.plain_text import check_texts
from jobs.storage import require_room
from jobs.upload_models import PartialUpload
from jobs.upload_piece import Part, Piece, TooMuch, UploadLocked
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.full_disk import DiskFull

log = logging.getLogger(__name__)
KEPT = timedelta(hours=24)  # without a byte
MOST_OPEN = 50  # uploads of one person that have not been used
LEFT_BYTES = 256 * 2**20  # of the disk that uploads leave to everybody else
NAME_LENGTH = 255


class WrongOffset(Conflict):
    """The piece does not begin where the upload ends."""

    code = "wrong_offset"


class UploadGone(NotFound):
    """The upload was given up: for a day no byte of it came."""

    code, http_status = "upload_expired", 410


class TooManyUploads(Conflict):
    """Too many uploads of yours are not finished or not used yet."""

    code, http_status, retry = "too_many_uploads", 429, True


class NotComplete(Conflict):
    """The file has not arrived whole."""

    code = "upload_incomplete"


class TooLarge(InvalidInput):
    """The file is larger than this platform takes."""

    code, http_status = "too_large", 413


@dataclass(frozen=True)
class Arrived:
    """A whole file, as `jobs.uploads.keep` takes one; `temporary_file_path` is where it lies."""

    name: str
    size: int
    place: Path

    def temporary_file_path(self) -> str:
        """As Django's uploaded files say it."""
        return str(self.place)


def folder() -> Path:
    """Where the bytes lie until they are used."""
    place = Path(settings.FILE_UPLOAD_TEMP_DIR) / "parts"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def place_of(upload: UUID) -> Path:
    """The file of an upload: named by its id alone."""
    return folder() / f"{upload}.part"


def begin(project: Project, *, name: str, length: int, actor: User) -> PartialUpload:
    """Room for a file of `length` bytes; its name is kept as a label, never used as a path.

    Raises TooLarge, QuotaStorage, DiskFull, TooManyUploads before a byte is sent.
    """
    require(actor, project, Role.SUBMITTER)
    check_texts({"filename": name})
    if length < 1:
        raise InvalidInput("The file is empty.", code="empty_file", field="Upload-Length", expected="at least 1 byte")
    if length > settings.UPLOAD_LIMIT_BYTES:
        raise TooLarge(field="Upload-Length", expected=f"at most {settings.UPLOAD_LIMIT_BYTES} bytes", got=length)
    now = clock.now()
    expire(now)
    label = Path(name.replace("\\", "/")).name[:NAME_LENGTH] or "upload"
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # else many at once would all find room
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        _require_place(project, length, actor)
        made = PartialUpload.objects.create(
            owner=actor, project=project, name=label, length=length, created_at=now, last_byte_at=now
        )
        place_of(made.pk).touch(mode=0o600, exist_ok=False)
    return made


def _require_place(project: Project, length: int, actor: User) -> None:
    coming = PartialUpload.objects.filter(project=project).aggregate(bytes=Coalesce(Sum("length"), 0))["bytes"]
    require_room(project, length + coming)
    require_disk(length)
    if PartialUpload.objects.filter(owner=actor).count() >= MOST_OPEN:
        raise TooManyUploads(expected=f"at most {MOST_OPEN}")


def require_disk(length: int) -> None:
    """DiskFull where the disk has no room for the rest of all uploads and this one, and for a copy in the store."""
    waiting = PartialUpload.objects.aggregate(bytes=Coalesce(Sum(F("length") - F("offset")), 0))["bytes"]
    free, asked = shutil.disk_usage(folder()).free, waiting + 2 * length + LEFT_BYTES
    if free < asked:
        raise DiskFull(field="Upload-Length", expected=f"at most {max(0, free - asked + 2 * length) // 2} bytes")


def own(actor: User, upload: Any) -> PartialUpload:
    """The person's own upload: to everybody else there is none. UploadGone where it has expired."""
    found = PartialUpload.objects.select_related("project").filter(pk=upload, owner=actor).first()
    if found is None:
        raise NotFound()
    if expires_at(found) < clock.now():
        raise UploadGone()
    return found


def expires_at(upload: PartialUpload) -> datetime:
    """When it is given up if no further byte comes."""
    return upload.last_byte_at + KEPT


def piece(
    upload: PartialUpload, start: int, *, declared: int | None = None, checksum: tuple[str, bytes] | None = None
) -> Piece:
    """To write a piece with that begins at `start`: whoever gets it holds the file until it is closed.

    Raises UploadLocked, WrongOffset, TooMuch (the sender `declared` more bytes than are left).
    """
    try:
        held = Piece(place_of(upload.pk))
    except FileNotFoundError:
        raise UploadGone() from None
    try:
        try:
            upload.refresh_from_db(fields=["offset"])  # another writer may have ended between our look and our lock
        except PartialUpload.DoesNotExist:  # or somebody used it
            raise UploadGone() from None
        room = upload.length - upload.offset
        if start != upload.offset:
            raise WrongOffset(field="Upload-Offset", expected=upload.offset, got=start)
        if declared is not None and declared > room:
            raise TooMuch(field="body", expected=f"at most {room} bytes", got=f"{declared} bytes")
        held.begin(start, room, checksum)
    except BaseException:
        held.close()
        raise
    return held


def record(upload: PartialUpload, written: Piece) -> PartialUpload:
    """Write down what arrived, then raise what was wrong with it."""
    if written.kept:
        rows = PartialUpload.objects.filter(pk=upload.pk, offset=written.start)
        rows.update(offset=written.start + written.kept, last_byte_at=clock.now())
        upload.refresh_from_db(fields=["offset", "last_byte_at"])
    if written.fault:
        raise written.fault
    return upload


@contextmanager
def arrived(actor: User, upload: Any) -> Iterator[Arrived]:
    """The whole file, to be used; it goes when that is committed. NotComplete where bytes are missing."""
    try:
        row = own(actor, upload)
    except NotFound as gone:
        gone.field = "upload"
        raise
    if not row.complete:
        raise NotComplete(field="upload", expected=row.length, got=row.offset)
    try:
        part = Part(place_of(row.pk))
    except FileNotFoundError:
        raise UploadGone(field="upload") from None
    with part:
        yield Arrived(row.name, row.length, part.place)
        if not row.delete()[0]:  # of two who use it at once one comes too late
            raise UploadGone(field="upload")
        transaction.on_commit(lambda: part.place.unlink(missing_ok=True))


def give_up(upload: PartialUpload) -> None:
    """Delete it; UploadLocked while a piece of it is being written."""
    try:
        with Part(place_of(upload.pk)) as part:
            upload.delete()
            part.place.unlink(missing_ok=True)
    except FileNotFoundError:
        upload.delete()


def expire(now: datetime) -> int:
    """Give up what got no byte for a day, and files whose row is gone; returns how many uploads."""
    gone = 0
    for row in PartialUpload.objects.filter(last_byte_at__lt=now - KEPT):
        try:
            give_up(row)
            gone += 1
        except UploadLocked:  # a long piece is on its way
            continue
    _sweep_files()
    return gone


def _sweep_files() -> None:
    """Files that a crash left: old ones whose upload is not known."""
    before = time.time() - KEPT.total_seconds()
    old = [place for place in folder().glob("*.part") if _changed_at(place) < before]
    if old:
        known = {place_of(pk).name for pk in PartialUpload.objects.values_list("pk", flat=True)}
        for place in old:
            if place.name not in known:
                place.unlink(missing_ok=True)
                log.info("a part of an upload that nobody knows was deleted: %s", place.name)


def _changed_at(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return time.time()
