"""The release line: every generated item passes here, in this order, before anybody can have it.

Watermark, detector run (its z is kept), AIGC and IPTC label, and the signed credential last, because it covers every
byte before it (MARKING: one changed pixel, and it says so). A file that has no room for label and credential keeps its
bytes, and both stand beside it (models_store/media_types.py, SIDECARS).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_store.errors import InvalidInput, ProductError
from workers.contracts import Modality, Watermark
from workers.marks import aigc_xmp, label_containers
from workers.marks.c2pa_credential import EMBEDS, credentials
from workers.marks.dct_luma import psnr_db
from workers.marks.statistic import MILLION_JOBS_Z, score
from workers.plugins import plugins


class EmptyItem(ProductError):
    """The model made an item without any content: there is nothing that a credential could bind."""

    code, http_status = "empty_item", 422


@dataclass(frozen=True)
class Released:
    """One artifact as it leaves: the file, its type, the digest before marks, and what marks were found in it.

    `item` is what the file shows, watermarked where there is a mark. `sidecars` are the files beside it, by the names
    of SIDECARS; a file that carries everything inside has none.
    """

    data: bytes
    media_type: str
    content_sha256: str
    marks: dict[str, Any]
    item: NDArray[Any]
    sidecars: dict[str, bytes] = field(default_factory=dict)


def release(
    item: NDArray[Any],
    index: int,
    release: Mapping[str, Any],
    *,
    modality: Modality,
    mark_key: bytes,
    sign: Callable[[bytes], bytes],
) -> Released:
    """Mark, label and sign an item (image: (H, W, C); text: (L,)) as artifact `index`.

    `release` is that of docs/engine-folder.md. Raises InvalidInput without a mark key, EmptyItem for one of no bytes,
    and SigningFailed where the credential cannot be made: nothing is released unsigned.
    """
    if not mark_key:
        raise InvalidInput("Nothing is released without a mark key.", field="mark_key", expected="bytes", got="none")
    mark, marks, marked = watermark_of(modality.name), dict[str, Any](), item
    if mark is not None:
        marked = mark.embed(item, mark_key)
        marks["watermark"] = measured(mark, item, marked, mark_key)
    if near := modality.fingerprint(marked):
        marks["fingerprint"] = near
    data, media_type = modality.file_bytes(marked), modality.media_type
    if not data:
        raise EmptyItem(field=f"artifact {index}", expected="at least one byte", got=0)
    beside = {} if media_type in label_containers.PLACES else {"xmp": aigc_xmp.packet(release, index).encode()}
    marks["label"] = {"aigc": True, "iptc": "trainedAlgorithmicMedia"}
    signed = credentials(str(release["certificates_pem"]), sign).attach(
        data if beside else aigc_xmp.labelled(data, media_type, release, index),
        media_type, release, index, mark.name if mark else None,
    )
    marks["c2pa"] = {"manifest": signed.manifest, "state": "signed"}
    sidecars = beside if media_type in EMBEDS else {"c2pa": signed.sidecar} | beside
    return Released(signed.data, modality.media_type, content_sha256(item), marks, marked, sidecars)


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


def content_sha256(item: NDArray[Any]) -> str:
    """The digest of an item's raw values before marks: type and shape as text, then its bytes in C order."""
    head = f"{item.dtype.name} {' '.join(map(str, item.shape))}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(item).tobytes()).hexdigest()
