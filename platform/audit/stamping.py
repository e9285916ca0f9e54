"""Time stamps for heads of the log and archives of jobs: asked for in passing, fetched later, never waited for.

The digest is noted in the transaction of what it belongs to; workers ask the authority (audit/stamp_round.py).
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from audit.leaves import moment
from audit.models import TreeHead
from audit.services import OutsideTransaction
from audit.stamp_models import Stamp
from config import clock
from models_store.canonical import digest
from models_store.evidence import head_bytes

HEAD, ARCHIVE = "head", "archive"


def wanted() -> bool:
    """Whether an authority is configured."""
    return bool(settings.TSA_URL)


def request(kind: str, subject_id: str, sha256: str) -> None:
    """Ask for a stamp over a digest (hex), in the transaction of what it is of; nothing where there is no authority."""
    if not wanted():
        return
    if not connection.in_atomic_block:
        raise OutsideTransaction(field="kind", got=kind)
    now = clock.now()
    asked = {"kind": kind, "subject_id": subject_id, "requested_at": now, "due_at": now}
    Stamp.objects.get_or_create(sha256=sha256, defaults=asked)


def token_of(sha256: str) -> bytes | None:
    """The token (DER) over a digest, once the authority has answered."""
    stamp = stamp_of(sha256)
    return bytes(stamp.token) if stamp and stamp.token else None


def stamp_of(sha256: str) -> Stamp | None:
    """The stamp of a digest, answered or not."""
    return Stamp.objects.filter(sha256=sha256).first()


def head_sha256(head: TreeHead) -> str:
    """The digest that is stamped for a head: of the bytes that the log key signs."""
    return digest(head_bytes(size=head.size, root=head.root, at=moment(head.at)))


def newest_stamped_head() -> tuple[TreeHead, Stamp] | None:
    """The newest head that has its token."""
    stamp = Stamp.objects.filter(kind=HEAD).exclude(token=None).order_by("-id").first()
    head = TreeHead.objects.filter(size=int(stamp.subject_id)).first() if stamp else None
    return (head, stamp) if head and stamp else None
