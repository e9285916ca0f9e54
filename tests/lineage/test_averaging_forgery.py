"""Who averages a hundred pictures of one job can make clean ones look marked; never are these ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from accounts.models import Project, User
from benchmarks.marks.forgery import forged, residual
from lineage.verdicts import judge
from tests import builders
from tests.marks.marked import digits
from workers.marks.dct_luma import DctLuma
from workers.marks.statistic import score, threshold

pytestmark = pytest.mark.django_db
KEY = b"k" * 32
MARK = DctLuma()


def found(item: np.ndarray, job: str) -> dict[str, Any]:
    """What a worker finds in a file that carries nothing but its pixels, among a thousand jobs."""
    z = score(MARK.pattern(KEY, item.shape), MARK.evidence(item))
    watermark = {"job": job, "z": z, "threshold": threshold(1000), "tried": 1000, "alone": True}
    watermark["found"] = z >= threshold(1000)
    return {
        "name": "forged.png", "sha256": "7" * 64, "media_type": "image/png", "c2pa": {"state": "none"},
        "watermark": watermark,
    }  # fmt: skip


def test_a_forged_watermark_is_a_hint_at_most(project: Project, submitter: User) -> None:
    (artifact,) = builders.generated(project, submitter, count=1)
    have, alike, clean = digits(300, 64)[:100], digits(300, 64)[100:200], digits(300, 64)[200:]
    pasted = residual([MARK.embed(item, KEY) for item in have], alike)
    findings = [found(item, str(artifact.job_id)) for item in forged(clean, pasted, 2.0)]
    verdicts = [judge({"findings": [one], "upload": {"sha256": one["sha256"]}}) for one in findings]
    assert any(one["watermark"]["found"] for one in findings)
    assert {said["verdict"] for said in verdicts} <= {"likely_ours", "no_evidence"}
    assert all("log_proof" not in said or not said["log_proof"] for said in verdicts)
