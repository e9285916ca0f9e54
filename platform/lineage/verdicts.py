"""From what was found in a file to one of five verdicts, by one table. Findings come from a worker, rows from here.

`ours` needs a trusted credential or the exact digest, and the log proof; a watermark is a hint that survives, never
evidence of authorship; `no_evidence` does not say that the file is not ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext_noop as _

from jobs.models import Job
from lineage.archive_evidence import evidence_of_archive
from lineage.consequences import Told, evidence_of_withdrawal
from lineage.models import Artifact
from lineage.near import Fingerprints
from lineage.services import Prover
from models_store.ids import is_uuid
from models_store.media_types import SIDECARS

MEMBERS_SHOWN = 1000
FAR_BITS = 20  # of 64: fingerprints this far apart are of different pictures
LISTING = "artifacts.json"  # what an archive of ours holds beside its pictures
SELECTED = ("leaf", "withdrawal", "model_version__model")
SIGNER_FAILURES = ("signingCredential", "claimSignature", "unreadable", "claim.missing")


@dataclass(frozen=True)
class Facts:
    """What is known about one file."""

    finding: Mapping[str, Any]
    exact: Artifact | None
    claimed: Artifact | None
    near: Artifact | None
    proof: Mapping[str, Any] | None

    @property
    def artifact(self) -> Artifact | None:
        """The artifact it is, or says it is."""
        return self.exact or self.claimed

    @property
    def c2pa(self) -> Mapping[str, Any]:
        """What the credential says."""
        return self.finding.get("c2pa") or {"state": "none"}

    @property
    def signed(self) -> bool:
        """Whether this platform's own authority signed it, and what the credential covers is unchanged."""
        return bool(self.c2pa["state"] == "Trusted")

    @property
    def marked(self) -> bool:
        """Whether the watermark alone clears its threshold."""
        return bool((self.finding.get("watermark") or {}).get("found"))

    @property
    def beside(self) -> bool:
        """Whether the credential came beside the file and not inside it."""
        return "c2pa" in (self.finding.get("sidecars") or {})

    @property
    def relabelled(self) -> bool:
        """Whether the label beside the file is another one than was released with the artifact its credential names."""
        named = self.claimed.sidecars if self.claimed and self.artifact is self.claimed else {}
        came, released = ((said or {}).get("xmp") for said in (self.finding.get("sidecars"), named))
        return bool(came and released) and came["sha256"] != released["sha256"]

    @property
    def tampered(self) -> bool:
        """Whether a signature of ours is whole but no longer fits the bytes: a forged signer does not count."""
        failures = self.c2pa.get("failures", [])
        forged = any(code.startswith(SIGNER_FAILURES) for code in failures)
        return self.c2pa["state"] == "Invalid" and bool(failures) and not forged

    @property
    def moved(self) -> bool:
        """Whether the picture is clearly another one than the artifact that its credential names."""
        seen, known = (self.finding.get("perceptual") or ""), (self.claimed.fingerprint if self.claimed else "")
        return bool(seen and known) and (int(seen, 16) ^ int(known, 16)).bit_count() > FAR_BITS


@dataclass(frozen=True)
class Rule:
    """One row of the table: a verdict, when it holds, and the sentence that says so."""

    verdict: str
    kind: str
    holds: Callable[[Facts], bool]
    says: str


# The first row that holds decides; the later ones that hold are listed as further evidence.
TABLE = (
    Rule(
        "ours", "digest", lambda f: f.exact is not None and f.proof is not None,
        _("The file is byte for byte an artifact of this platform, and the log holds it."),
    ),
    Rule(
        "ours", "credential", lambda f: f.signed and f.claimed is not None and f.proof is not None,
        _("The file carries a trusted credential of this platform, and the log holds the artifact it names."),
    ),
    Rule(
        "ours", "digest", lambda f: f.signed and f.exact is None and f.claimed is not None and f.proof is not None,
        _("Its digest is not that of the file as it was released, but all that its credential covers is unchanged."),
    ),
    Rule(
        "altered", "credential", lambda f: f.tampered and f.claimed is not None and not f.beside,
        _("The file carries a credential of this platform, but its bytes were changed after signing."),
    ),
    Rule(
        "altered", "credential", lambda f: f.tampered and f.claimed is not None and f.beside,
        _("The credential beside the file is of this platform, but the bytes are not those it was signed for: they were"
          " changed, or it belongs to another file."),
    ),
    Rule(
        "altered", "credential", lambda f: f.tampered and f.moved and not f.marked,
        _("The picture does not resemble the artifact that the credential names; it may come from another file."),
    ),
    Rule(
        "likely_ours", "credential", lambda f: f.signed and f.proof is None,
        _("The file carries a trusted credential of this platform, but the log does not hold the artifact it names."),
    ),
    Rule(
        "likely_ours", "watermark", lambda f: f.marked,
        _("The file carries a watermark above the threshold; this is a hint, not evidence of authorship."),
    ),
    Rule(
        "resembles", "near match", lambda f: f.near is not None,
        _("The picture resembles an artifact of this platform; that says nothing about where it comes from."),
    ),
    Rule(
        "no_evidence", "credential", lambda f: f.finding.get("media_type") == SIDECARS["c2pa"],
        _("This is a credential without its file. Ask again with both in one zip, the credential named like the file"
          " with .c2pa after it."),
    ),
    Rule(
        "no_evidence", "label", lambda f: f.finding.get("media_type") == SIDECARS["xmp"],
        _("This is a label without its file; anybody can write one."),
    ),
    Rule(
        "no_evidence", "label", lambda f: f.relabelled,
        _("The label beside the file is not the one that was released with it."),
    ),
    Rule(
        "no_evidence", "nothing", lambda f: True,
        _("Nothing was found that ties the file to this platform; that does not mean it was not made here."),
    ),
)  # fmt: skip
SET_MARKED = _("The files together carry a watermark above the threshold; this is a hint, not evidence of authorship.")
STRENGTH = ("no_evidence", "resembles", "likely_ours", "altered", "ours")


def judge(found: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict over everything that was found in one upload: a file, or the members of a zip."""
    prover, fingerprints, told = Prover(), Fingerprints(), Told()
    listed = [finding for finding in found["findings"] if PurePosixPath(str(finding["name"])).name != LISTING]
    findings = listed or list(found["findings"])
    judged = [_judge_one(look_up(finding, prover, fingerprints), told) for finding in findings]
    whole = found.get("upload", {}).get("sha256")
    if len(found["findings"]) == 1 and found["findings"][0]["sha256"] == whole:
        return judged[0]
    return _judge_set(found, findings, judged, whole)


def _judge_set(
    found: Mapping[str, Any], findings: list[Mapping[str, Any]], judged: list[dict[str, Any]], whole: str | None
) -> dict[str, Any]:
    """One verdict for many files: altered if any is, else what holds for all of them."""
    counts = Counter(one["verdict"] for one in judged)
    verdict = "altered" if counts["altered"] else min(counts, key=STRENGTH.index)
    said = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
    evidence = [{"kind": "members", "says": said}]
    made_by = {one["job"] for one in judged if "job" in one}  # of a hundred thousand jobs none other is looked at
    if job := Job.objects.filter(pk__in=made_by, result__archive_sha256=whole).first() if whole else None:
        evidence.append({"kind": "archive", "says": f"The archive is byte for byte that of job {job.pk}."})
    if sealed := found.get("archive"):
        evidence += evidence_of_archive(sealed, tampered=Facts({"c2pa": sealed}, None, None, None, None).tampered)
    batch = found.get("batch")
    if batch and batch["found"]:
        if verdict in ("no_evidence", "resembles"):
            verdict = "likely_ours"
        evidence.append({"kind": "watermark", "says": SET_MARKED})
    first = next((one for one in judged if one["verdict"] == verdict), judged[0])
    members = [
        {"name": finding["name"], "verdict": one["verdict"]} for finding, one in zip(findings, judged, strict=True)
    ]
    return first | {
        "verdict": verdict,
        "evidence": evidence + first["evidence"],
        "members": members[:MEMBERS_SHOWN],
        "watermark": batch,
    }


def look_up(finding: Mapping[str, Any], prover: Prover, fingerprints: Fingerprints) -> Facts:
    """The rows that a finding points to, and the log proof of the artifact."""
    exact = Artifact.objects.filter(sha256=finding["sha256"]).select_related(*SELECTED).first()
    claims = (finding.get("c2pa") or {}).get("claims") or {}
    claimed, signed = None, Facts(finding, exact, None, None, None)
    believed = signed.tampered or signed.c2pa["state"] == "Trusted"  # anybody can claim anything
    if believed and is_uuid(claims.get("job")) and isinstance(claims.get("index"), int):
        rows = Artifact.objects.filter(job_id=claims["job"], index=claims["index"])
        claimed = rows.select_related(*SELECTED).first()
    if claimed and claimed.sha256 == finding["sha256"]:  # short texts repeat: the credential says which it is
        exact = claimed
    artifact = exact or claimed
    near = None if artifact else fingerprints.nearest(finding.get("perceptual") or "")
    return Facts(finding, exact, claimed, near, prover.proof(artifact) if artifact else None)


def _judge_one(facts: Facts, told: Told) -> dict[str, Any]:
    rules = [rule for rule in TABLE if rule.holds(facts)]
    evidence = [{"kind": rule.kind, "says": rule.says} for rule in rules if rule.kind != "nothing" or len(rules) == 1]
    verdict: dict[str, Any] = {
        "verdict": rules[0].verdict,
        "evidence": evidence,
        "c2pa_state": facts.c2pa["state"],
        "watermark": facts.finding.get("watermark"),
    }
    if artifact := facts.artifact or facts.near:
        version = artifact.model_version
        standing, lines = told.of(version)
        verdict |= {
            "artifact": str(artifact.pk),
            "job": str(artifact.job_id),
            "model_version": str(version.pk),
            **standing,
        }
        evidence += lines
        if facts.artifact:
            evidence += evidence_of_withdrawal(artifact)
    if facts.proof and rules[0].verdict in ("ours", "altered"):
        verdict["log_proof"] = facts.proof
    return verdict
