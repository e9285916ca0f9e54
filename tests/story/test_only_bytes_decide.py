"""A stray file: renamed, stripped, with one bit changed, among a thousand other jobs. Only its bytes are given.

The worker's search and the platform's table together, without a queue between them.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.models import Project, User
from catalog.store import blobs, namespace
from jobs.models import JobInput, State
from lineage.disclosure import disclosed
from lineage.manifests import public_digest
from lineage.models import Artifact
from lineage.services import keep_artifacts
from lineage.verdicts import judge
from models_store.ids import new_id
from models_store.keys import job_mark_key
from models_store.signing import sign_es256
from tests import builders
from tests.evidence import released
from tests.marks.marked import PlainPng, digits, encoded
from workers.contracts import Attempt
from workers.engine.release import release
from workers.kinds.verify import PLUGIN

pytestmark = pytest.mark.django_db
OTHERS = 1000
SIZE_PX = 128  # large enough for one picture to be judged alone after JPEG
Asked = Callable[..., dict[str, Any]]


class Silent:
    """Reports that nobody reads."""

    def log(self, message: str, level: str = "info") -> None:
        """Nothing."""


@dataclass(frozen=True)
class Stray:
    """A picture that was released, and its row."""

    data: bytes
    artifact: Artifact


@pytest.fixture
def stray(project: Project, submitter: User) -> Stray:
    """One artifact of one job, marked, labelled, signed, in the log."""
    version = builders.model_version(project, submitter)
    job = builders.job(project, submitter, "generate", state=State.SUCCEEDED, queue="generate.cpu")
    JobInput.objects.create(job=job, role="model", model_version=version)
    keys = released.keyring()
    order = {
        "job": str(job.pk), "model_version": str(version.pk), "project": str(project.pk), "model_name": "digits",
        "stage": "approved", "producer": "Kilnmark", "certificates_pem": keys.credential_chain_pem,
        "manifest_digest": public_digest(job),
    }  # fmt: skip
    key = job_mark_key(keys.project_mark_key(str(project.pk)), str(job.pk))
    out = release(
        digits(1, SIZE_PX)[0], 0, order, modality=PlainPng(), mark_key=key, sign=partial(sign_es256, keys.credential)
    )
    item = {
        "index": 0, "sha256": blobs().put(namespace(project), out.data), "content_sha256": out.content_sha256,
        "media_type": out.media_type, "size": len(out.data), "seed": "1", "marks": out.marks,
    }  # fmt: skip
    keep_artifacts(job, [item], actor="worker test")
    released.signed_head()
    return Stray(out.data, Artifact.objects.get(job=job))


@pytest.fixture
def asked(stray: Stray, project: Project, tmp_path: Path) -> Asked:
    """`asked(data, name=...)`: the verdict on one file, with 1,000 other jobs in the project's history."""
    keys = released.keyring()
    jobs = [[str(new_id()), str(project.pk)] for _ in range(OTHERS)]
    jobs.insert(OTHERS // 3, [str(stray.artifact.job_id), str(project.pk)])
    secrets = {"mark_keys": json.dumps({str(project.pk): keys.project_mark_key(str(project.pk)).hex()})}

    def ask(data: bytes, name: str = "upload.bin") -> dict[str, Any]:
        (tmp_path / "upload").write_bytes(data)
        upload = {"path": str(tmp_path / "upload"), "name": name}
        order = {"inputs": {"upload": upload}, "trust": {"root_pem": keys.root_pem}, "jobs": jobs}
        return judge(PLUGIN().run(Attempt(tmp_path, order, Silent(), lambda: "", secrets)))

    return ask


def resaved(data: bytes, file_format: str = "PNG", **options: Any) -> bytes:
    """As a program that knows nothing of metadata saves it."""
    with Image.open(io.BytesIO(data)) as picture:
        return encoded(np.asarray(picture)[..., None], file_format, **options)


@pytest.mark.parametrize("name", ["holiday.jpg", "000000.txt", "..%2f..%2fetc%2fpasswd", "没有名字", "a\nb.png"])
def test_a_name_decides_nothing(asked: Asked, stray: Stray, name: str) -> None:
    verdict = asked(stray.data, name)
    assert (verdict["verdict"], verdict["artifact"]) == ("ours", str(stray.artifact.pk))
    assert verdict["log_proof"]["item"]["sha256"] == stray.artifact.sha256


@pytest.mark.parametrize("copy", [resaved, partial(resaved, file_format="JPEG", quality=75)], ids=["png", "jpeg"])
def test_without_metadata_the_watermark_names_the_job_among_a_thousand_and_claims_no_more(
    asked: Asked, stray: Stray, copy: Callable[[bytes], bytes]
) -> None:
    verdict = asked(copy(stray.data))
    assert (verdict["verdict"], verdict["watermark"]["job"]) == ("likely_ours", str(stray.artifact.job_id))
    assert "log_proof" not in verdict


def test_one_changed_bit_is_never_called_ours_outside_the_chunk_of_the_credential(asked: Asked, stray: Stray) -> None:
    """No hash covers that chunk's own padding: a bit of it changes the file's digest, not the picture."""
    start = stray.data.index(b"caBX") - 4
    credential = range(start, start + 12 + int.from_bytes(stray.data[start : start + 4]))
    picture = stray.data.index(b"IDAT") + 10
    said = {}
    for place in [*random.Random(5).sample(range(len(stray.data)), 40), picture, picture + 40]:
        data = bytearray(stray.data)
        data[place] ^= 1 << place % 8
        said[place] = asked(bytes(data))["verdict"]
    assert not [place for place, verdict in said.items() if verdict == "ours" and place not in credential]
    assert {said[picture], said[picture + 40]} == {"altered"}


def test_a_picture_of_somebody_else_is_no_evidence(asked: Asked, stray: Stray) -> None:
    assert asked(encoded(digits(3, SIZE_PX)[2], "PNG"))["verdict"] == "no_evidence"


@pytest.mark.parametrize("copy", [bytes, resaved], ids=["whole", "stripped"])
def test_an_outsider_reads_bands_and_nothing_that_names_or_measures(
    asked: Asked, stray: Stray, copy: Callable[[bytes], bytes]
) -> None:
    olga = builders.person("olga")
    builders.project("elsewhere", owner=olga)
    verdict = asked(copy(stray.data))
    told = disclosed(verdict, to=olga)
    assert told["verdict"] == verdict["verdict"]
    assert set(told) <= {"verdict", "c2pa_state", "evidence", "band", "members"}
    text = json.dumps(told)
    hidden = [str(stray.artifact.pk), str(stray.artifact.job_id), str(stray.artifact.model_version_id)]
    assert not [name for name in [*hidden, f"{verdict['watermark']['z']}"] if name in text]
