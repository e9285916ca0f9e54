"""The archive of a job's artifacts gets its own credential; here, because the key is."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from jobs.models import Job
from lineage import manifests
from models_store.keys import Keyring
from models_store.signers import credential_signer
from workers.tasks.orders import PRODUCER, released_as


def seal(place: Path, job: Job, count: int) -> str:
    """Sign the stored zip of so many artifacts where it lies; its credential's label (a URN). Raises SigningFailed."""
    from workers.marks import c2pa_archive  # only where archives are made: 20 MB of a worker
    from workers.marks.c2pa_credential import Credentials

    keyring = Keyring.load(settings.KEYS_FOLDER)
    said = {"job": str(job.pk), "manifest_digest": manifests.public_digest(job), "producer": PRODUCER}
    models = {row.model_version_id: row.model_version for row in job.inputs.all() if row.model_version}
    if len(models) == 1:
        said |= released_as(next(iter(models.values())))
    signer = Credentials(keyring.credential_chain_pem, credential_signer(settings.SIGNER, keyring).sign)
    return c2pa_archive.seal(place, said, count, signer)
