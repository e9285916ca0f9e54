"""The release line: every generated picture passes here, in this order, before anybody can have it.

Watermark, detector run (its z is kept), AIGC and IPTC label, and the signed credential last, because it covers every
byte before it (MARKING: one changed pixel, and it says so).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_store.errors import InvalidInput
from workers.contracts import Modality, Watermark
from workers.engine.fingerprint import fingerprint
from workers.marks import aigc_xmp
from workers.marks.c2pa_credential import credentials
from workers.marks.dct_luma import psnr_db
from workers.marks.statistic import MILLION_JOBS_Z, score
from workers.plugins import plugins


@dataclass(frozen=True)
class Released:
    """One artifact as it leaves: the file, its type, the digest before marks, and what marks were found in it."""

    data: bytes
    media_type: str
    content_sha256: str
    marks: dict[str, Any]


def release(
    item: NDArray[np.uint8],
    index: int,
    release: Mapping[str, Any],
    *,
    modality: Modality,
    mark_key: bytes,
    sign: Callable[[bytes], bytes],
) -> Released:
    """Mark, label and sign item (H, W, C) as artifact `index`; `release` is that of docs/engine-folder.md.

    Raises InvalidInput without a mark key, and SigningFailed where the credential cannot be made: nothing is released
    unsigned.
    """
    if not mark_key:
        raise InvalidInput("Nothing is released without a mark key.", field="mark_key", expected="bytes", got="none")
    mark, marks, marked = watermark_of(modality.name), dict[str, Any](), item
    if mark is not None:
        marked = mark.embed(item, mark_key)
        marks["watermark"] = measured(mark, item, marked, mark_key)
    marks["fingerprint"] = fingerprint(marked)
    labelled = aigc_xmp.label(modality.file_bytes(marked), aigc_xmp.packet(release, index))
    marks["label"] = {"aigc": True, "iptc": "trainedAlgorithmicMedia"}
    signed = credentials(str(release["certificates_pem"]), sign).attach(
        labelled, modality.media_type, release, index, mark.name if mark else None
    )
    marks["c2pa"] = {"manifest": signed.manifest, "state": "signed"}
    return Released(signed.data, modality.media_type, content_sha256(item), marks)


@cache
def watermark_of(modality: str) -> Watermark | None:
    """The watermark for a modality, the first by name, with its default parameters; None where there is none."""
    fitting = [mark for _, mark in sorted(plugins("mark").items()) if mark.modality == modality]
    return fitting[0]() if fitting else None


def measured(mark: Watermark, item: NDArray[np.uint8], marked: NDArray[np.uint8], key: bytes) -> dict[str, Any]:
    """What the detector finds in the marked item, before it is released: scheme, z, PSNR in dB, and whether it is
    found alone, without its set, among a million jobs."""
    z = score(mark.pattern(key, marked.shape), mark.evidence(marked))
    alone = mark.judges_alone(marked.shape) and z >= MILLION_JOBS_Z
    return {"scheme": mark.name, "z": round(z, 2), "psnr_db": round(psnr_db(item, marked), 1), "alone": alone}


def content_sha256(item: NDArray[np.uint8]) -> str:
    """The digest of an item's raw values before marks: type and shape as text, then its bytes in C order."""
    head = f"{item.dtype.name} {' '.join(map(str, item.shape))}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(item).tobytes()).hexdigest()
