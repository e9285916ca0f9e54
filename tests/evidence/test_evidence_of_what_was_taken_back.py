"""Evidence for a file that was withdrawn, or whose model was revoked: both checks say it first, by the log alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kilnmark.__main__ import app
from typer.testing import CliRunner

from accounts.models import User
from audit.services import append
from catalog.stages import decide
from catalog.store import blobs, namespace
from config import clock
from lineage import evidence_bundle, evidence_pieces
from lineage.flags import decide_artifact
from lineage.models import Artifact
from lineage.services import proof_of
from tests.evidence import released
from tests.evidence.test_evidence_that_lies import CHECKER, rewritten

pytestmark = pytest.mark.django_db
Unpacked = Callable[..., Path]
WHY = "A face \u9762\u5b54.\nVERIFIED."


@pytest.fixture
def given(pictures: list[Artifact], tmp_path: Path) -> Path:
    """The second picture."""
    place = tmp_path / "a.png"
    place.write_bytes(blobs().read(namespace(pictures[1].project), pictures[1].sha256))
    return place


@pytest.fixture
def withdrawn(pictures: list[Artifact], reviewer: User) -> Artifact:
    """The second picture, withdrawn, below a signed head."""
    decide_artifact(pictures[1], "withdraw", actor=reviewer, comment=WHY)
    released.signed_head()
    return Artifact.objects.get(pk=pictures[1].pk)


@pytest.fixture
def revoked(pictures: list[Artifact], reviewer: User) -> Artifact:
    """The second picture; its model is revoked, below a signed head."""
    decide(pictures[1].model_version, "revoke", actor=reviewer, comment="Consent was taken back.")
    released.signed_head()
    return Artifact.objects.get(pk=pictures[1].pk)


def script(folder: Path, trust: Path) -> tuple[int, list[str]]:
    """Exit code and lines of the script."""
    words = [sys.executable, "-I", str(CHECKER), str(folder), "--trust", str(trust)]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert not ended.stderr
    return ended.returncode, ended.stdout.splitlines()


def command(file: Path, trust: Path, *proofs: Path, json: bool = False) -> tuple[int, str]:
    """Exit code and output of `kilnmark verify`."""
    words = ["verify", str(file), "--offline", "--trust", str(trust), *(["--json"] if json else [])]
    for proof in proofs:
        words += ["--proof", str(proof)]
    ended = CliRunner().invoke(app, words)
    return ended.exit_code, ended.output


def of_one(artifact: Artifact, actor: User, unpacked: Unpacked) -> Path:
    """Its evidence, unpacked."""
    return unpacked(evidence_bundle.of_artifact(artifact, actor=actor))


def test_the_script_says_a_withdrawal_first_with_its_day_and_reason(
    withdrawn: Artifact, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    code, lines = script(of_one(withdrawn, reviewer, unpacked), trust)
    assert (code, lines[0].split(" on ")[0]) == (6, "CAUTION: The file was WITHDRAWN")
    assert f"{clock.now():%Y-%m-%d}; the log says so" in lines[0]
    assert "A face" in lines[0]
    assert lines[-1].startswith("VERIFIED, WITH A CAUTION")
    assert "VERIFIED." not in lines


@pytest.mark.parametrize("of", ["artifact", "job", "version"])
def test_the_script_says_a_revocation_first_in_every_bundle(
    of: str, revoked: Artifact, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    one = {"artifact": revoked, "job": revoked.job, "version": revoked.model_version}[of]
    code, lines = script(unpacked(getattr(evidence_bundle, f"of_{of}")(one, actor=reviewer)), trust)
    assert (code, lines[0].startswith("CAUTION: The model"), "was REVOKED on" in lines[0]) == (6, True, True)
    assert "Consent was taken back." in lines[0]


def test_the_evidence_of_a_job_says_which_of_its_files_were_withdrawn(
    withdrawn: Artifact, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    code, lines = script(unpacked(evidence_bundle.of_job(withdrawn.job, actor=reviewer)), trust)
    assert code == 6
    assert lines[0].startswith("CAUTION: Of 3 files of the job 1 were WITHDRAWN")
    assert str(withdrawn.pk) in lines[0]


def test_the_command_says_a_withdrawal_before_the_verdict_and_ends_with_6(
    withdrawn: Artifact, given: Path, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    code, text = command(given, trust, of_one(withdrawn, reviewer, unpacked))
    lines = text.splitlines()
    assert (code, "CAUTION: The file was WITHDRAWN on" in lines[0]) == (6, True)
    assert "OURS" in lines[1]
    assert f"Nothing after {clock.now():%Y-%m-%d}" in lines[-1]


@pytest.mark.parametrize("what", ["withdrawn", "revoked"])
def test_programs_get_it_as_the_first_thing_about_the_file(
    what: str, request: pytest.FixtureRequest, given: Path, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    artifact = request.getfixturevalue(what)
    code, text = command(given, trust, of_one(artifact, reviewer, unpacked), json=True)
    said: dict[str, Any] = json.loads(text)["verdicts"][0]
    assert (code, said["verdict"], said["exit_code"], list(said)[:2]) == (6, "ours", 6, ["file", "cautions"])
    (caution,) = said["cautions"]
    assert (caution["what"], caution["on"], caution["in_log"]) == (what, f"{clock.now():%Y-%m-%d}", True)
    assert caution["because"]


def test_the_evidence_of_the_model_beside_the_proof_of_the_file_tells_of_the_revocation(
    revoked: Artifact, given: Path, reviewer: User, unpacked: Unpacked, trust: Path, tmp_path: Path
) -> None:
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(proof_of(revoked)))
    model = unpacked(evidence_bundle.of_version(revoked.model_version, actor=reviewer))
    assert [command(given, trust, proof)[0], command(given, trust, proof, model)[0]] == [0, 6]
    code, text = command(given, trust, model)
    assert (code, "is about another file" in text, "CAUTION" in text) == (5, True, True)


def test_a_withdrawal_of_another_file_says_nothing_of_this_one(
    withdrawn: Artifact, pictures: list[Artifact], reviewer: User, unpacked: Unpacked, trust: Path, tmp_path: Path
) -> None:
    other = tmp_path / "b.png"
    other.write_bytes(blobs().read(namespace(pictures[0].project), pictures[0].sha256))
    folder = unpacked(evidence_bundle.of_job(withdrawn.job, actor=reviewer))
    code, text = command(other, trust, folder)
    assert (code, "CAUTION" in text) == (0, False)


def test_a_true_withdrawal_of_something_else_put_into_evidence_is_a_note_and_no_caution(
    withdrawn: Artifact, pictures: list[Artifact], reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    folder, other = of_one(pictures[0], reviewer, unpacked), of_one(withdrawn, reviewer, unpacked)
    rewritten(folder, "log/events.jsonl", (other / "log/events.jsonl").read_bytes())
    code, lines = script(folder, trust)
    assert (code, lines[-1]) == (0, "VERIFIED.")
    assert [text for text in lines if text.startswith("NOTE") and "was withdrawn" in text]


def test_what_the_index_alone_says_is_told_as_unsigned_and_moves_no_exit_code(
    pictures: list[Artifact], given: Path, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    folder = of_one(pictures[1], reviewer, unpacked)
    index = json.loads((folder / "evidence.json").read_text())
    said = {"withdrawn": {"on": "2026-01-02", "because": "Because."}}
    (folder / "evidence.json").write_text(json.dumps(index | said))
    code, lines = script(folder, trust)
    assert (code, lines[-1]) == (0, "VERIFIED.")
    assert [text for text in lines if "which is not signed, says: The file was withdrawn on 2026-01-02" in text]
    code, text = command(given, trust, folder, json=True)
    assert (code, [one["in_log"] for one in json.loads(text)["verdicts"][0]["cautions"]]) == (0, [False])


def test_no_number_of_other_events_keeps_a_withdrawal_out(
    withdrawn: Artifact, reviewer: User, unpacked: Unpacked, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_pieces, "MOST_EVENTS", 2)
    for _ in range(4):
        append(actor="sam", verb="artifact.flagged", subject=("artifact", str(withdrawn.pk)), project=None, detail={})
    released.signed_head()
    assert script(of_one(withdrawn, reviewer, unpacked), trust)[0] == 6


def test_the_readme_says_where_the_tools_come_from(
    pictures: list[Artifact], reviewer: User, unpacked: Unpacked
) -> None:
    folder = of_one(pictures[0], reviewer, unpacked)
    for name in ("README.md", "README.zh.md"):
        text = (folder / name).read_text()
        assert all(words in text for words in ('pip install "./client[verify]"', "cargo install c2patool"))


def test_evidence_without_events_of_the_artifact_itself_does_not_sound_like_a_fault(
    pictures: list[Artifact], reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    folder = of_one(pictures[0], reviewer, unpacked)
    assert ": 0 about" not in "\n".join(script(folder, trust)[1])


def test_the_help_shows_flags_as_flags() -> None:
    assert "<bool>" not in CliRunner().invoke(app, ["verify", "--help"]).output


def test_a_reason_in_any_script_is_printed_where_the_terminal_knows_ascii_alone(
    withdrawn: Artifact, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    folder = of_one(withdrawn, reviewer, unpacked)
    words = [sys.executable, str(CHECKER), str(folder), "--trust", str(trust)]
    ended = subprocess.run(words, capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, b"\\u9762" in ended.stdout) == (6, True)
