"""Is this ours? Reads an untrusted file, or a zip of files, and reports what it carries.

It finds and judges nothing beyond what the file itself shows: digests are looked up, and a verdict is given, by the
platform. A watermark's `found` holds for one file with a false-positive rate of at most 1e-6 over all jobs tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from models_store.canonical import digest, file_digest
from models_store.errors import InvalidInput, ProductError
from models_store.media_types import SIDECARS
from workers.contracts import Attempt, Plugin, Role, Stopped
from workers.engine.known_jobs import named, rolled
from workers.engine.release import watermark_of
from workers.engine.stranger import MODALITIES, item_of
from workers.engine.suspects import Search, Suspects
from workers.engine.upload_files import Handed, check_size, handed_in, is_archive
from workers.marks import aigc_xmp, c2pa_archive, c2pa_credential
from workers.modalities.fingerprint import fingerprint

LONGEST_NAME = 200


class CredentialAlone(InvalidInput):
    """This is a credential without the file that it belongs to."""

    code = "credential_without_file"


class Verify(Plugin):
    """Examine a file or an archive."""

    name: ClassVar[str] = "verify"
    title: ClassVar[str] = "Verify a file"
    title_zh: ClassVar[str] = "验证文件"
    summary: ClassVar[str] = "Reads credential, label, watermark and fingerprint of a file or of each file in a zip."
    summary_zh: ClassVar[str] = "读取文件（或压缩包内各文件）的凭证、标识、水印与指纹。"
    queue: ClassVar[Literal["train", "generate", "io"]] = "io"
    roles: ClassVar[Mapping[str, Role]] = {"upload": Role(takes="upload")}
    chooses_family: ClassVar[bool] = False
    produces: ClassVar[str] = "findings"
    stays_warm: ClassVar[bool] = True

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """The findings (docs/engine-folder.md). Raises InvalidInput: upload empty or too large, hostile zip."""
        upload = attempt.order["inputs"]["upload"]
        path, name = Path(upload["path"]), str(upload.get("name") or "file")
        check_size(path)
        searches, trust = searches_of(attempt), str(attempt.order["trust"]["root_pem"])
        findings: list[dict[str, Any]] = []
        for handed in handed_in(path, name):
            if attempt.wants() == "cancel":
                raise Stopped("cancel", len(findings))
            findings.append(examine(handed, trust, searches))
            if len(findings) % 100 == 0:
                attempt.report.log(f"{len(findings)} files examined")
        if not findings:
            raise InvalidInput(
                "The archive holds no files.", field="file", expected="at least one file", code="empty_upload"
            )
        batches = [found for search in searches.values() if (found := search.batch())]
        batch = max(batches, key=lambda found: found["z"], default=None)
        found = {"findings": findings, "batch": batch, "upload": digest_of(path)}
        sealed = c2pa_archive.read(path, trust) if is_archive(path) else None
        return found | ({"archive": sealed} if sealed else {})


def digest_of(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of the upload as a whole: an archive of ours is known by it."""
    return {"size": path.stat().st_size, "sha256": file_digest(path)}


def searches_of(attempt: Attempt) -> dict[str, Search]:
    """A search for each modality that has a watermark, among the jobs whose project's mark key came with the order."""
    try:
        said = json.loads(attempt.secrets.get("mark_keys") or "{}")
        keys = {str(project): bytes.fromhex(key) for project, key in said.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidInput("The mark keys cannot be read.", field="mark_keys", expected="{project: hex}") from error
    listed = attempt.order.get("jobs", [])
    jobs = rolled(listed, keys) if isinstance(listed, Mapping) else named(listed, keys)
    if not jobs.count:
        return {}
    marks = {modality: watermark_of(modality) for modality in sorted(set(MODALITIES.values()))}
    return {modality: Search(Suspects(mark, jobs)) for modality, mark in marks.items() if mark}


def examine(handed: Handed, root_pem: str, searches: Mapping[str, Search]) -> dict[str, Any]:
    """Everything that one file shows; whatever cannot be read is listed under `problems` and hides nothing else."""
    credential, xmp = (handed.sidecars.get(name) for name in ("c2pa", "xmp"))
    finding: dict[str, Any] = {
        "name": handed.name[:LONGEST_NAME],
        "sha256": digest(handed.data),
        "size": len(handed.data),
        "media_type": handed.media_type,
        "sidecars": {name: {"sha256": digest(data), "size": len(data)} for name, data in handed.sidecars.items()},
        "c2pa": c2pa_credential.read(handed.data, handed.media_type, root_pem, credential or b""),
        "label": None,
        "watermark": None,
        "perceptual": None,
        "problems": [],
    }
    if handed.media_type == SIDECARS["c2pa"]:
        finding["problems"].append(CredentialAlone(field="file", expected="a zip of both").as_dict())
    try:
        finding["label"] = aigc_xmp.read(xmp or handed.data)
    except ProductError as error:
        finding["problems"].append(error.as_dict())
    try:
        item = item_of(handed.data, handed.media_type)
    except ProductError as error:
        finding["problems"].append(error.as_dict())
        return finding
    if item is not None:
        modality = MODALITIES[handed.media_type]
        finding["perceptual"] = fingerprint(item) if modality == "image" else None
        search = searches.get(modality)
        finding["watermark"] = search.one(item) if search else None
    return finding


PLUGIN = Verify
