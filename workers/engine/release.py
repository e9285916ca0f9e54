"""The release line: every generated item passes here, in this order, before anybody can have it.

Watermark, detector run (its z is kept), AIGC and IPTC label, and the signed credential last, because it covers every
byte before it (MARKING: one changed pixel, and it says so). A file that has no room for label and credential keeps its
bytes, and both stand beside it (models_store/media_types.py, SIDECARS).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_store.errors import InvalidInput, ProductError
from workers.contracts import MarksMany, Modality, Watermark
from workers.marks import aigc_xmp, label_containers
from workers.marks.c2pa_credential import EMBEDS, credentials
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


@dataclass(frozen=True)
class Unsigned:
    """One artifact that is marked and labelled, and lacks its credential: nobody may have it yet.

    `watermark` is the scheme's name; `beside` holds the label where the file has no room for it.
    """

    data: bytes
    media_type: str
    index: int
    content_sha256: str
    marks: dict[str, Any]
    item: NDArray[Any]
    watermark: str | None
    beside: dict[str, bytes]


def release(
    item: NDArray[Any],
    index: int,
    release: Mapping[str, Any],
    *,
    modality: Modality,
    mark_key: bytes,
    sign: Callable[[bytes], bytes],
    leaned_from: int | None = None,
) -> Released:
    """`prepare` an item as artifact `index`, and `sign_off`."""
    made = prepare(item, index, release, modality=modality, mark_key=mark_key, leaned_from=leaned_from)
    return sign_off(made, release, sign)


def prepare(
    item: NDArray[Any],
    index: int,
    release: Mapping[str, Any],
    *,
    modality: Modality,
    mark_key: bytes,
    leaned_from: int | None = None,
    marked: NDArray[Any] | None = None,
) -> Unsigned:
    """Mark and label an item (image: (H, W, C); text: (L,)) as artifact `index`; `marked` is one of `marked_many`.

    `release` is that of docs/engine-folder.md. `leaned_from` says of an item that was drawn under a mark where the
    drawn part begins, after the prompt; None of any other item, which then has no such mark. Raises InvalidInput
    without a mark key, and EmptyItem for one of no bytes.
    """
    if not mark_key:
        raise InvalidInput("Nothing is released without a mark key.", field="mark_key", expected="bytes", got="none")
    mark, marks, given, marked = watermark_of(modality.name), dict[str, Any](), marked, item
    if mark is not None and mark.acts == "during" and leaned_from is None:
        mark = None  # its family cannot be leaned on
    if mark is not None:
        marked = mark.embed(item, mark_key) if given is None else given
        marks["watermark"] = measured(mark, item, marked, mark_key, leaned_from or 0)
    if near := modality.fingerprint(marked):
        marks["fingerprint"] = near
    data, media_type = modality.file_bytes(marked), modality.media_type
    if not data:
        raise EmptyItem(field=f"artifact {index}", expected="at least one byte", got=0)
    beside = {} if media_type in label_containers.PLACES else {"xmp": aigc_xmp.packet(release, index).encode()}
    marks["label"] = {"aigc": True, "iptc": "trainedAlgorithmicMedia"}
    return Unsigned(
        data if beside else aigc_xmp.labelled(data, media_type, release, index),
        media_type, index, content_sha256(item), marks, marked, mark.name if mark else None, beside,
    )  # fmt: skip


def marked_many(items: Sequence[NDArray[Any]], modality: Modality, mark_key: bytes) -> list[NDArray[Any] | None]:
    """The items with their watermark, where it can be given to many faster than to each; else None for each."""
    mark = watermark_of(modality.name)
    return list(mark.embed_many(items, mark_key)) if isinstance(mark, MarksMany) else [None] * len(items)


def sign_off(made: Unsigned, release: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> Released:
    """The artifact with its credential; SigningFailed where that cannot be made: nothing is released unsigned.

    Any thread may do it.
    """
    signed = credentials(str(release["certificates_pem"]), sign).attach(
        made.data, made.media_type, release, made.index, made.watermark
    )
    marks = made.marks | {"c2pa": {"manifest": signed.manifest, "state": "signed"}}
    sidecars = made.beside if made.media_type in EMBEDS else {"c2pa": signed.sidecar} | made.beside
    return Released(signed.data, made.media_type, made.content_sha256, marks, made.item, sidecars)


@cache
def watermark_of(modality: str) -> Watermark | None:
    """The watermark for a modality, the first by name, with its default parameters; None where there is none."""
    fitting = [mark for _, mark in sorted(plugins("mark").items()) if mark.modality == modality]
    return fitting[0]() if fitting else None


def measured(mark: Watermark, item: NDArray[Any], marked: NDArray[Any], key: bytes, start: int = 0) -> dict[str, Any]:
    """What the detector finds in the marked item, before it is released: scheme, z, the mark's cost, and whether it is
    found alone, without its set, among a million jobs.

    z is that of the item from `start` on: what a user gave is no evidence. Found alone is said of the whole file,
    because nobody who reads it later knows where the user's part ends.
    """
    own = marked[start:] if start else marked
    found = [score(mark.pattern(key, one.shape), mark.evidence(one)) for one in ([own, marked] if start else [own])]
    alone = mark.judges_alone(own.shape) and min(found) >= MILLION_JOBS_Z
    return {"scheme": mark.name, "z": round(found[0], 2), "alone": alone} | mark.cost(item, marked)


def content_sha256(item: NDArray[Any]) -> str:
    """The digest of an item's raw values before marks: type and shape as text, then its bytes in C order.

    An item that was marked while it was drawn has its mark already: there is no other to take the digest of.
    """
    head = f"{item.dtype.name} {' '.join(map(str, item.shape))}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(item).tobytes()).hexdigest()
