"""The archive of a job's artifacts, written while they come, with a credential of its own; here, because the key is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.models import Job
from lineage import manifests
from models_store.keys import Keyring
from models_store.media_types import beside, suffix
from models_store.signers import credential_signer
from workers.marks.c2pa_zip import SealedZip
from workers.tasks.orders import PRODUCER, released_as

PLACE = "archive.zip"


class Growing:
    """The archive of an attempt that began with nothing; it holds every artifact so long as they come in their order.

    What an earlier attempt made, or what came out of turn, is not in it: `holds` says so, and the archive is then
    written from the rows.
    """

    def __init__(self, folder: Path) -> None:
        self.zip = SealedZip(folder / PLACE)
        self.count, self._last, self._in_order = 0, -1, True

    def add(self, index: int, files: Mapping[str, bytes]) -> None:
        """An artifact that is kept, its own file first, then those beside it."""
        self._in_order &= index > self._last
        if not self._in_order:
            return
        for name, data in files.items():
            self.zip.add(name, data)
        self.count, self._last = self.count + 1, index

    def take(self, folder: Path, item: Mapping[str, Any]) -> None:
        """`add` an artifact as the engine reported it, from its files in the attempt folder."""
        name, others = file_name(item["index"], item["media_type"]), sorted(item.get("sidecars", {}).items())
        files = {name: item["file"]} | {beside(name, kind): said["file"] for kind, said in others}
        self.add(item["index"], {name: (folder / file).read_bytes() for name, file in files.items()})

    def holds(self, count: int) -> bool:
        """Whether these are the artifacts of the job, which made so many: each has an index of its own."""
        return self._in_order and self.count == count

    def close(self) -> None:
        """Let go of its files; from then on it holds nothing."""
        self._in_order = False
        self.zip.close()


def file_name(index: int, media_type: str) -> str:
    """What an artifact is called in the archive of its job."""
    return f"{index:06d}.{suffix(media_type)}"


def seal(archive: SealedZip, job: Job, count: int) -> str:
    """End the archive of so many artifacts; its credential's label (a URN). Raises SigningFailed."""
    keyring = Keyring.load(settings.KEYS_FOLDER)
    said = {"job": str(job.pk), "manifest_digest": manifests.public_digest(job), "producer": PRODUCER}
    models = {row.model_version_id: row.model_version for row in job.inputs.all() if row.model_version}
    if len(models) == 1:
        said |= released_as(next(iter(models.values())))
    sign = credential_signer(settings.SIGNER, keyring).sign
    return archive.seal(said, count, keyring.credential_chain_pem, sign)
