"""`kilnmark verify --offline`: what the bytes, a trust bundle and a proof say, and never more."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kilnmark.credential import Credential
from kilnmark.verdicts import TABLE, Facts, judge
from kilnmark.verify import Unreadable, examined
from PIL import Image

from accounts.models import User
from catalog.store import blobs, namespace
from config import clock
from lineage import evidence_bundle
from lineage.models import Artifact
from lineage.services import proof_of
from models_store.keys import create_keyring
from models_store.trust import trust_bundle

ROOT = Path(__file__).resolve().parents[2]
UNSHARE = ["unshare", "--net", "--map-root-user"]


def run(*words: object, offline: bool = True, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which sees the client and nothing else of the checkout."""
    said = [*before, sys.executable, "-P", "-m", "kilnmark", "verify", *map(str, words)]
    seen = {name: value for name, value in os.environ.items() if not name.startswith(("KILNMARK", "DJANGO"))}
    return subprocess.run(
        said + (["--offline"] if offline else []), env=seen | {"PYTHONPATH": str(ROOT / "client"), "COLUMNS": "200"},
        capture_output=True, text=True, cwd="/",
    )  # fmt: skip


@pytest.fixture
def given(pictures: list[Artifact], tmp_path: Path) -> Path:
    """The second picture, under a name that says nothing."""
    place = tmp_path / "IMG_2041.dat"
    place.write_bytes(blobs().read(namespace(pictures[1].project), pictures[1].sha256))
    return place


@pytest.fixture
def proof(pictures: list[Artifact], tmp_path: Path) -> Path:
    """Its log proof, as the API gives it."""
    place = tmp_path / "proof.json"
    place.write_text(json.dumps(proof_of(pictures[1])))
    return place


@pytest.fixture
def evidence(pictures: list[Artifact], submitter: User, tmp_path: Path) -> Path:
    """Its evidence bundle."""
    place = tmp_path / "evidence.zip"
    with evidence_bundle.of_artifact(pictures[1], actor=submitter) as file:
        place.write_bytes(file.read())
    return place


def verdict(ended: subprocess.CompletedProcess[str]) -> str:
    """Of the one file; the command was asked for JSON."""
    return json.loads(ended.stdout)["verdicts"][0]["verdict"]


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["proof", "evidence"])
def test_credential_and_log_proof_together_are_ours(
    by: str, given: Path, trust: Path, request: pytest.FixtureRequest, pictures: list[Artifact]
) -> None:
    ended = run(given, "--trust", trust, "--proof", request.getfixturevalue(by))
    assert (ended.returncode, "OURS" in ended.stdout) == (0, True), ended.stdout + ended.stderr
    assert str(pictures[1].job_id) in ended.stdout
    assert f"Nothing after {clock.now():%Y-%m-%d}, the day of the newest signed head" in ended.stdout.splitlines()[-1]


@pytest.mark.django_db
def test_a_trusted_credential_without_a_proof_is_likely_and_says_what_is_missing(given: Path, trust: Path) -> None:
    ended = run(given, "--trust", trust)
    assert (ended.returncode, "log proof is missing" in ended.stdout) == (5, True)


@pytest.mark.django_db
def test_a_proof_of_another_picture_is_no_proof(
    given: Path, trust: Path, tmp_path: Path, pictures: list[Artifact]
) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(proof_of(pictures[2])))
    ended = run(given, "--trust", trust, "--proof", other)
    assert (ended.returncode, "is about another file" in ended.stdout) == (5, True)
    assert f"artifact {pictures[2].pk}" in ended.stdout
    assert "log proof is missing" not in ended.stdout


@pytest.mark.django_db
def test_a_proof_that_was_changed_is_told_and_counts_for_nothing(given: Path, trust: Path, proof: Path) -> None:
    proof.write_text(proof.read_text().replace('"index": 1', '"index": 0'))
    ended = run(given, "--trust", trust, "--proof", proof)
    assert (ended.returncode, "A proof does not hold" in ended.stdout) == (5, True)


@pytest.mark.django_db
def test_one_changed_pixel_is_altered_with_or_without_the_proof(given: Path, trust: Path, proof: Path) -> None:
    data = given.read_bytes()
    place = data.index(b"IDAT") + 8
    given.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert run(given, "--trust", trust).returncode == 3
    ended = run(given, "--trust", trust, "--proof", proof)
    assert (ended.returncode, "about another file" in ended.stdout) == (3, False)


@pytest.mark.django_db
def test_stripped_of_its_metadata_nothing_is_left_to_know_offline(given: Path, trust: Path, proof: Path) -> None:
    with Image.open(given) as picture:
        out = io.BytesIO()
        picture.save(out, "PNG")
    given.write_bytes(out.getvalue())
    ended = run(given, "--trust", trust, "--proof", proof)
    assert (ended.returncode, "does not mean that it was not made there" in ended.stdout) == (4, True)


@pytest.mark.django_db
def test_another_platforms_trust_bundle_makes_it_no_evidence(given: Path, proof: Path, tmp_path: Path) -> None:
    other = tmp_path / "other-trust.json"
    other.write_text(json.dumps(trust_bundle(create_keyring(tmp_path / "keys"))))
    ended = run(given, "--trust", other, "--proof", proof)
    assert (ended.returncode, "Anybody can make one" in ended.stdout) == (4, True)


@pytest.mark.django_db
def test_of_several_files_the_weakest_decides(given: Path, trust: Path, proof: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.png"
    Image.new("L", (8, 8)).save(stranger)
    ended = run(given, stranger, "--trust", trust, "--proof", proof, "--json")
    assert ended.returncode == 4
    assert [one["verdict"] for one in json.loads(ended.stdout)["verdicts"]] == ["ours", "no_evidence"]


@pytest.mark.django_db
def test_an_archive_of_a_job_is_verified_file_by_file_with_its_bundle(
    pictures: list[Artifact], submitter: User, trust: Path, unpacked: Callable[..., Path]
) -> None:
    folder = unpacked(evidence_bundle.of_job(pictures[0].job, actor=submitter))
    made = unpacked((folder / "files/archive.zip").read_bytes())
    ended = run(*sorted(made.iterdir()), "--trust", trust, "--proof", folder, "--json")
    assert ended.returncode == 0
    assert {one["verdict"] for one in json.loads(ended.stdout)["verdicts"]} == {"ours"}


@pytest.mark.django_db
def test_it_works_where_there_is_no_network(given: Path, trust: Path, evidence: Path) -> None:
    if not shutil.which("unshare") or subprocess.run([*UNSHARE, "true"], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    assert run(given, "--trust", trust, "--proof", evidence, before=tuple(UNSHARE)).returncode == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("nothing.png",), 2),
        (("nothing.png", "--trust", "no-such.json"), 1),
        (("nothing.png", "--trust", __file__), 1),
    ],
)
def test_wrong_usage_is_2_and_what_cannot_be_read_is_1(words: tuple[str, ...], code: int) -> None:
    ended = run(*words)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False)


def test_without_offline_it_is_wrong_usage() -> None:
    assert run("a.png", "--trust", "b.json", offline=False).returncode == 2


ITEM = {"artifact": "a", "job": "j", "index": 1, "model_version": "m", "sha256": "d", "released_at": "", "size": 1,
        "head_at": ""}  # fmt: skip
CLAIMS = {"job": "j", "index": 1}
TRUSTED, FORGED = Credential("Trusted", (), CLAIMS), Credential("Valid", ("signingCredential.untrusted",), CLAIMS)
TORN = Credential("Invalid", ("assertion.dataHash.mismatch",), CLAIMS)
TORN_AND_FORGED = Credential("Invalid", ("assertion.dataHash.mismatch", "signingCredential.untrusted"), CLAIMS)


@pytest.mark.parametrize(
    ("sha256", "credential", "item", "said"),
    [
        ("d", TRUSTED, ITEM, "ours"),
        ("d", Credential(), ITEM, "ours"),
        ("e", TRUSTED, ITEM, "ours"),
        ("e", TRUSTED, {**ITEM, "index": 2}, "likely_ours"),
        ("e", TRUSTED, None, "likely_ours"),
        ("e", TORN, ITEM, "altered"),
        ("e", TORN, None, "altered"),
        ("e", TORN_AND_FORGED, ITEM, "no_evidence"),
        ("e", FORGED, ITEM, "no_evidence"),
        ("e", FORGED, None, "no_evidence"),
        ("e", Credential(), ITEM, "no_evidence"),
        ("e", None, None, "no_evidence"),
    ],
)
def test_only_a_trusted_signature_or_the_exact_bytes_together_with_the_log_are_ours(
    sha256: str, credential: Credential | None, item: dict[str, object] | None, said: str
) -> None:
    found = judge("a.png", Facts(sha256, credential, item))
    assert found.verdict == said
    assert ("job" in found.origin) is (said != "no_evidence")


def test_no_verdict_claims_more_than_its_evidence() -> None:
    text = " ".join(rule.says for rule in TABLE).lower()
    assert not [word for word in ("prove", "guarantee", "tamper-proof", "compliant", "not ours") if word in text]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["proof", "evidence", "trust"])
def test_damage_anywhere_ends_in_words_and_never_in_a_verdict_that_it_does_not_bear(
    kind: str, given: Path, trust: Path, proof: Path, evidence: Path, tmp_path: Path
) -> None:
    places = {"proof": proof, "evidence": evidence, "trust": trust}
    whole, dice = places[kind].read_bytes(), random.Random(11)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 8))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        places[kind].write_bytes(bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))
        shown = proof if kind == "proof" else evidence
        try:
            said, problems = examined([given], trust, [shown])
        except Unreadable:
            continue
        assert said[0].verdict in ("ours", "likely_ours", "no_evidence")
        assert (said[0].verdict == "ours") <= (not problems)


def test_it_installs_from_the_checkout_without_a_network(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "client", tmp_path / "client", ignore=shutil.ignore_patterns("__pycache__"))
    words = [
        "install",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--no-compile",
        "--target",
        "there",
        "./client",
    ]
    ended = subprocess.run([sys.executable, "-m", "pip", *words], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "there/kilnmark/verify_evidence.py").exists()
    assert (tmp_path / "there/bin/kilnmark").exists()
