"""Is this ours? Reads an untrusted file, or a zip of files, and reports what it carries.

It finds and judges nothing beyond what the file itself shows: digests are looked up, and a verdict is given, by the
platform. A watermark's `found` holds for one file with a false-positive rate of at most 1e-6 over all jobs tried.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from models_store.archive import ArchiveLimits, ArchiveRefused, read_archive_members
from models_store.canonical import digest, file_digest
from models_store.errors import InvalidInput, ProductError
from models_store.keys import job_mark_key
from workers.contracts import Attempt, Plugin, Role, Stopped
from workers.engine.fingerprint import fingerprint
from workers.engine.release import watermark_of
from workers.engine.stranger import media_type_of, pixels
from workers.engine.suspects import Suspects
from workers.marks import aigc_xmp, c2pa_credential

LARGEST_UPLOAD_BYTES = 1 << 30
LARGEST_FILE_BYTES = 64 << 20
ZIP_LIMITS = ArchiveLimits(entries=10_000, total_bytes=1 << 30, member_bytes=LARGEST_FILE_BYTES)
SMALLEST_SET = 2
MOST_SHAPES = 32  # sizes of picture in one zip whose watermark is looked for
LONGEST_NAME = 200

Reading = tuple[tuple[int, ...], NDArray[np.float64]]  # (shape as read, evidence (n,))
Group = tuple[tuple[int, ...], tuple[int, ...]]  # (size as it came, size as read)


@dataclass
class Sets:
    """Evidence of pictures of equal shape, added up per reading as it comes: the batch statistic of a zip."""

    sums: dict[Group, NDArray[np.float64]] = field(default_factory=dict)
    counts: Counter[Group] = field(default_factory=Counter)
    shapes: set[tuple[int, ...]] = field(default_factory=set)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether pictures of this shape are still looked at; a zip of ever new sizes is bounded so."""
        return shape[:2] in self.shapes or len(self.shapes) < MOST_SHAPES

    def add(self, shape: tuple[int, ...], readings: list[Reading]) -> None:
        """One more picture of this shape."""
        self.shapes.add(shape[:2])
        for read, told in readings:
            group = (shape[:2], read[:2])
            self.sums[group] = self.sums.get(group, 0.0) + told
            self.counts[group] += 1

    def judged(self, suspects: Suspects) -> dict[str, Any] | None:
        """The best match over all sets of at least two, as JSON; None where there is none."""
        sets = [group for group, count in self.counts.items() if count >= SMALLEST_SET]
        best: dict[str, Any] | None = None
        for group in sets:
            match = suspects.best([(group[1], self.sums[group])], searched=len(sets))
            if match and (best is None or match.z > best["z"]):
                found = {"found": match.z >= match.threshold}
                best = match.as_dict() | {"items": self.counts[group], "shape": list(group[0])} | found
        return best


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
        suspects = suspects_of(attempt)
        trust, sets = str(attempt.order["trust"]["root_pem"]), Sets()
        findings: list[dict[str, Any]] = []
        for member, data in members(path, name):
            if attempt.wants() == "cancel":
                raise Stopped("cancel", len(findings))
            findings.append(examine(member, data, trust, suspects, sets))
            if len(findings) % 100 == 0:
                attempt.report.log(f"{len(findings)} files examined")
        if not findings:
            raise InvalidInput(
                "The archive holds no files.", field="file", expected="at least one file", code="empty_upload"
            )
        return {"findings": findings, "batch": sets.judged(suspects) if suspects else None, "upload": digest_of(path)}


def check_size(path: Path) -> None:
    """Raise InvalidInput for an empty file (`empty_upload`) or one of more than 1 GiB (`upload_too_large`)."""
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput("The file is empty.", field="file", expected="at least one byte", got=0, code="empty_upload")
    if size > LARGEST_UPLOAD_BYTES:
        expected = f"at most {LARGEST_UPLOAD_BYTES} bytes"
        raise InvalidInput("The file is too large.", field="file", expected=expected, got=size, code="upload_too_large")


def digest_of(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of the upload as a whole: an archive of ours is known by it."""
    return {"size": path.stat().st_size, "sha256": file_digest(path)}


def members(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """The files to examine: each of a zip, or the upload itself."""
    with path.open("rb") as file:
        head = file.read(16)
    if media_type_of(head) == "application/zip":
        try:
            yield from read_archive_members(path, ZIP_LIMITS)
        except (NotImplementedError, ValueError, struct.error) as error:  # the standard reader over a stranger's bytes
            raise ArchiveRefused("The archive cannot be read.", code="archive_damaged", got=str(error)[:100]) from error
        return
    if path.stat().st_size > LARGEST_FILE_BYTES:
        expected = f"at most {LARGEST_FILE_BYTES} bytes in one file"
        got = path.stat().st_size
        raise InvalidInput("The file is too large.", field="file", expected=expected, got=got, code="upload_too_large")
    yield name, path.read_bytes()


def suspects_of(attempt: Attempt) -> Suspects | None:
    """The jobs of the order whose project's mark key came with it; None where no watermark can be looked for."""
    mark = watermark_of("image")
    try:
        said = json.loads(attempt.secrets.get("mark_keys") or "{}")
        keys = {str(project): bytes.fromhex(key) for project, key in said.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidInput("The mark keys cannot be read.", field="mark_keys", expected="{project: hex}") from error
    known = [(str(job), keys[str(project)]) for job, project in attempt.order.get("jobs", []) if str(project) in keys]
    if mark is None or not known:
        return None
    return Suspects(mark, [job for job, _ in known], [job_mark_key(key, job) for job, key in known])


def examine(name: str, data: bytes, root_pem: str, suspects: Suspects | None, sets: Sets) -> dict[str, Any]:
    """Everything that one file shows; whatever cannot be read is listed under `problems` and hides nothing else."""
    media_type = media_type_of(data)
    finding: dict[str, Any] = {
        "name": name[:LONGEST_NAME],
        "sha256": digest(data),
        "size": len(data),
        "media_type": media_type,
        "c2pa": c2pa_credential.read(data, media_type, root_pem),
        "label": None,
        "watermark": None,
        "perceptual": None,
        "problems": [],
    }
    try:
        finding["label"] = aigc_xmp.read(data)
    except ProductError as error:
        finding["problems"].append(error.as_dict())
    try:
        item = pixels(data, media_type)
    except ProductError as error:
        finding["problems"].append(error.as_dict())
        return finding
    if item is not None:
        finding["perceptual"] = fingerprint(item)
        finding["watermark"] = watermark(item, suspects, sets) if suspects else None
    return finding


def watermark(item: NDArray[np.uint8], suspects: Suspects, sets: Sets) -> dict[str, Any] | None:
    """The best job for one picture; `alone` says whether one of this size may be judged by itself, `found` judges."""
    if not sets.takes(item.shape):
        return None
    mark = suspects.mark
    readings = [(reading.shape, mark.evidence(reading)) for reading in mark.readings(item)]
    sets.add(item.shape, readings)
    match = suspects.best(readings)
    if match is None:
        return None
    alone = mark.judges_alone(item.shape)
    return match.as_dict() | {"alone": alone, "found": alone and match.z >= match.threshold}


PLUGIN = Verify
