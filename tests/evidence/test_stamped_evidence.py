"""Evidence under a stamped head: an outside authority says since when the log has held it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import User
from audit.models import TreeHead
from audit.stamp_models import Stamp
from audit.stamping import head_sha256
from config import clock
from desk.artifact.timeline import timeline
from lineage import evidence_bundle
from lineage.models import Artifact
from lineage.services import proof_of
from tests import builders
from tests.evidence import released

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine"),
]
CONFIG = """
[tsa]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""
USES = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"


def openssl(*words: str, cwd: Path) -> str:
    """What it says; it must end well."""
    ended = subprocess.run(["openssl", *words], cwd=cwd, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A folder with the keys and certificates of a time stamp authority."""
    place = tmp_path / "tsa"
    place.mkdir()
    (place / "tsa.cnf").write_text(CONFIG)
    (place / "serial").write_text("01")
    (place / "uses.cnf").write_text(USES)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-subj", "/O=Clock/CN=root", cwd=place)
    openssl("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Clock/CN=tsa", cwd=place)
    issue = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "uses.cnf", "-out", "tsa.pem"]
    openssl("x509", "-req", "-in", "tsa.csr", *issue, cwd=place)
    return place


def stamped(head: TreeHead, authority: Path) -> None:
    """As stamp_due would have it."""
    openssl("ts", "-query", "-digest", head_sha256(head), "-sha256", "-cert", "-out", "q", cwd=authority)
    signer = ["-inkey", "tsa.key", "-signer", "tsa.pem"]
    said = ["-config", "tsa.cnf", "-section", "tsa", "-queryfile", "q", *signer, "-token_out", "-out", "token"]
    openssl("ts", "-reply", *said, cwd=authority)
    Stamp.objects.create(
        kind="head", subject_id=str(head.size), sha256=head_sha256(head), requested_at=clock.now(),
        stamped_at=clock.now(), token=(authority / "token").read_bytes(),
    )  # fmt: skip


@pytest.fixture
def folder(pictures: list[Artifact], submitter: User, authority: Path, unpacked: Callable[..., Path], settings) -> Path:
    """The evidence for a picture whose first head was stamped, taken after the log grew on."""
    stamped(TreeHead.objects.get(), authority)
    settings.TSA_ROOT = authority / "root.pem"
    builders.generated(pictures[0].project, submitter, count=2)
    released.signed_head()
    return unpacked(evidence_bundle.of_artifact(Artifact.objects.get(pk=pictures[0].pk), actor=submitter))


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """By its own script."""
    words = [sys.executable, "-I", "verify_evidence.py", ".", "--trust", "trust.json"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


def test_the_stamp_is_that_of_a_head_from_which_the_log_only_grew(folder: Path) -> None:
    early, late = (json.loads((folder / f"log/{name}.json").read_text())["size"] for name in ("stamped-head", "head"))
    ended = checked(folder)
    assert early < late
    assert (ended.returncode, f"only grew since its head of {early} events" in ended.stdout) == (0, True)


def test_openssl_accepts_the_stamp_with_the_roots_of_the_trust_bundle(folder: Path) -> None:
    roots = json.loads((folder / "trust.json").read_text())["tsa_roots_pem"]
    (folder / "tsa-roots.pem").write_text("".join(roots))
    said = ["-in", "log/stamped-head.tsr", "-token_in", "-data", "log/stamped-head.bin", "-CAfile", "tsa-roots.pem"]
    assert "Verification: OK" in openssl("ts", "-verify", *said, cwd=folder)


@pytest.mark.parametrize("name", ["log/stamped-head.bin", "log/stamped-head.tsr", "log/consistency.json"])
def test_a_stamp_of_something_else_is_refused(folder: Path, name: str) -> None:
    index, other = json.loads((folder / "evidence.json").read_text()), folder / "log/head.json"
    shutil.copy(other, folder / name)
    index["files"][name] = index["files"]["log/head.json"]
    (folder / "evidence.json").write_text(json.dumps(index))
    ended = checked(folder)
    assert (ended.returncode, "NOT VERIFIED" in ended.stdout) == (1, True)


def test_the_page_of_a_verdict_tells_when_it_was_stamped(
    pictures: list[Artifact], submitter: User, authority: Path
) -> None:
    stamped(TreeHead.objects.get(), authority)
    told = [moment.what for moment in timeline(pictures[0], proof_of(pictures[0]), submitter)]
    assert told[-1] == "an outside authority stamped a head of the log that covers the entry"
