"""From gathered documents to the dataset folder: vocabulary, passages, split, profile, preview."""

from __future__ import annotations

import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Field, Spec
from workers.modalities.dataset_folder import Column, seal, write_split
from workers.modalities.image_sheet import png_bytes
from workers.modalities.members import UploadRefused
from workers.modalities.shown import fresh_folder
from workers.modalities.text_documents import Document, Gathered, code_points
from workers.modalities.text_items import write_text_sheets
from workers.modalities.text_sheet import cards
from workers.modalities.text_upload import nothing_usable
from workers.modalities.value_bins import doubling_bins

HOLDOUT_BELOW = (1 << 256) // 10  # about one document in ten
WHOLE_DOCUMENTS_FROM = 20  # with fewer, the last tenth of each document is held out
MOST_CHARACTERS = 4096
UNICODE = 0x110000
PREVIEW_ITEMS = 16
LISTED_CHARACTERS = 50
LISTED_PROBLEMS = 500


@dataclass(frozen=True)
class Stretch:
    """Passages `start` to `stop` (not included) of one document."""

    document: Document
    start: int
    stop: int


def keep_texts(gathered: Gathered, params: Mapping[str, Any], length: int, out: Path, name: str) -> dict[str, Any]:
    """Write the dataset folder `out` anew; returns {sha256, counts, problems, profile}.

    Everything in it is ordered by content, so neither the order nor the names of the files change its address.
    """
    problems = sorted(gathered.problems, key=lambda problem: (problem.file, problem.code, problem.got))
    if not gathered.kept:
        raise nothing_usable(name, problems)
    counted = counted_characters(gathered.kept.values())
    characters = np.flatnonzero(counted)
    if len(characters) > MOST_CHARACTERS:
        raise UploadRefused(
            "The texts have more different characters than a model can be built for.",
            code="too_many_characters",
            field=name,
            expected=f"at most {MOST_CHARACTERS:,} different characters",
            got=f"{len(characters):,} in {int(counted.sum()):,}",
        )
    train, holdout = split(gathered.kept, length, name)
    spec = text_spec(characters, length)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    table = np.zeros(UNICODE, np.uint8 if len(characters) < 256 else np.int16)
    table[characters] = np.arange(1, len(characters) + 1)
    write_split(out / "train.safetensors", _columns(train, table, length))
    write_split(out / "holdout.safetensors", _columns(holdout, table, length))
    (out / "preview.png").write_bytes(png_bytes(cards(_preview(train, length))))
    counts = {"train": _count(train), "holdout": _count(holdout)}
    profile = _profile(gathered, counted, counts)
    sha256 = seal(out, spec=spec, params=params, counts=counts, profile=profile)
    both = (train, holdout)
    write_text_sheets(
        fresh_folder(out),
        [_count(stretches) for stretches in both],
        lambda side, wanted: texts_at(both[side], wanted, length),
    )
    listed = [asdict(problem) for problem in problems[:LISTED_PROBLEMS]]
    return {"sha256": sha256, "counts": counts, "problems": listed, "profile": profile}


def text_spec(characters: Iterable[int], length: int) -> Spec:
    """The spec of passages of `length` tokens over these code points; token 0 is the boundary."""
    labels = ("", *map(chr, characters))
    return Spec("text", (Field("text", "token", (length,), len(labels), labels), Field("length", "length", ())))


def counted_characters(documents: Iterable[Document]) -> NDArray[np.int64]:
    """How often each code point occurs, (0x110000,)."""
    counted = np.zeros(UNICODE, np.int64)
    for block in code_points(part for document in documents for part in document.parts):
        found = np.bincount(block)
        counted[: len(found)] += found
    return counted


def passages(document: Document, length: int) -> int:
    """How many passages a document is cut into; no passage holds nothing but the boundary."""
    return -(-document.characters // length)


def split(kept: Mapping[bytes, Document], length: int, name: str) -> tuple[list[Stretch], list[Stretch]]:
    """Train and holdout in the order of content.

    Of 20 documents and more about a tenth is held out, by content alone, so that a document stays on its side when
    others are added. Of fewer, the last tenth of the passages of each. Raises UploadRefused (too_little_text).
    """
    order = sorted(kept)
    whole = {digest: Stretch(kept[digest], 0, passages(kept[digest], length)) for digest in order}
    if sum(stretch.stop for stretch in whole.values()) < 2:
        raise UploadRefused(
            "The text is too short to hold a part of it out.",
            code="too_little_text",
            field=name,
            expected=f"at least {length + 1:,} characters, or 2 different documents",
            got=f"{sum(document.characters for document in kept.values()):,} characters",
        )
    if len(order) < WHOLE_DOCUMENTS_FROM:
        borders = {digest: whole[digest].stop - round(whole[digest].stop / 10) for digest in order}
        if all(borders[digest] == whole[digest].stop for digest in order):
            longest = max(order, key=lambda digest: whole[digest].stop)
            borders[longest] -= 1
        train = [Stretch(kept[digest], 0, borders[digest]) for digest in order]
        holdout = [Stretch(kept[digest], borders[digest], whole[digest].stop) for digest in order]
        return [part for part in train if part.stop], [part for part in holdout if part.stop > part.start]
    held = {digest for digest in order if int.from_bytes(digest, "big") < HOLDOUT_BELOW} or {order[0]}
    if len(held) == len(order):
        held.discard(order[-1])
    return [whole[d] for d in order if d not in held], [whole[d] for d in order if d in held]


def rows(stretch: Stretch, table: NDArray[Any], length: int) -> Iterator[NDArray[Any]]:
    """The passages of a stretch as tokens, (k, length) at a time; what is left of the last row is 0."""
    at, rest = 0, table[:0]
    blocks = chain(code_points(stretch.document.parts), [None])
    for block in blocks:
        if block is None:
            rest = np.concatenate([rest, np.zeros(-len(rest) % length, table.dtype)])
        else:
            rest = np.concatenate([rest, table[block]])
        count = len(rest) // length
        ready = rest[: count * length].reshape(count, length)
        yield ready[max(0, stretch.start - at) : max(0, stretch.stop - at)]
        at, rest = at + count, rest[count * length :]


def lengths(stretch: Stretch, length: int) -> NDArray[np.int16]:
    """The tokens of each passage of a stretch that are its own, (k,): an end that is not full has its boundary."""
    own = np.full(stretch.stop - stretch.start, length, np.int16)
    left = stretch.document.characters % length
    if left and stretch.stop == passages(stretch.document, length):
        own[-1] = left + 1
    return own


def _columns(stretches: Sequence[Stretch], table: NDArray[Any], length: int) -> list[Column]:
    """`length` first: its two-byte numbers stay aligned in the file."""
    count = _count(stretches)
    own = (lengths(stretch, length).astype("<i2").tobytes() for stretch in stretches)
    kind = "U8" if table.dtype == np.uint8 else "I16"
    little = table.dtype.newbyteorder("<")
    text = (block.astype(little).tobytes() for stretch in stretches for block in rows(stretch, table, length))
    return [Column("length", "I16", (count,), own), Column("text", kind, (count, length), text)]


def _count(stretches: Iterable[Stretch]) -> int:
    return sum(stretch.stop - stretch.start for stretch in stretches)


def _preview(train: Sequence[Stretch], length: int) -> list[NDArray[np.uint32]]:
    """The first passages as code points."""
    points = (
        np.concatenate(list(code_points(stretch.document.parts[: 1 + PREVIEW_ITEMS])))[
            stretch.start * length : stretch.stop * length
        ]
        for stretch in train[:PREVIEW_ITEMS]
    )
    cut = (part[at : at + length] for part in points for at in range(0, len(part), length))
    return list(islice(cut, PREVIEW_ITEMS))


def texts_at(stretches: Sequence[Stretch], wanted: Sequence[int], length: int) -> Iterator[str]:
    """The passages at these rows of a split, which ascend; documents of which none is wanted are not decoded."""
    done, first = 0, 0
    for stretch in stretches:
        after = first + stretch.stop - stretch.start
        upto = bisect_left(wanted, after, done)
        if upto > done:
            numbers = [row - first + stretch.start for row in wanted[done:upto]]
            yield from _passages_at(stretch.document, numbers, length)
        done, first = upto, after


def _passages_at(document: Document, numbers: Sequence[int], length: int) -> Iterator[str]:
    ahead, held = 0, np.zeros(0, np.uint32)  # `held` begins with the character `ahead` of the document
    blocks = code_points(document.parts)
    for number in numbers:
        start, stop = number * length, (number + 1) * length
        while ahead + len(held) < stop and (block := next(blocks, None)) is not None:
            gone = min(max(0, start - ahead), len(held))
            held, ahead = np.concatenate([held[gone:], block]), ahead + gone
        yield "".join(map(chr, held[max(0, start - ahead) : stop - ahead]))


def _profile(gathered: Gathered, counted: NDArray[np.int64], counts: Mapping[str, int]) -> dict[str, Any]:
    """What the data set is like; figures only, no names and no excerpts: its address must not depend on names."""
    sizes = [document.characters for document in gathered.kept.values()]
    common = sorted(np.flatnonzero(counted).tolist(), key=lambda point: (-counted[point], point))[:LISTED_CHARACTERS]
    return {
        "count": sum(counts.values()),
        "documents": len(sizes),
        "duplicates": gathered.duplicates,
        "characters": sum(sizes),
        "vocabulary": int(np.count_nonzero(counted)),
        "frequent": [{"character": chr(point), "count": int(counted[point])} for point in common],
        "lengths": doubling_bins(sizes),
        "longest": max(sizes),
        "shortest": min(sizes),
        "encodings": dict(sorted(gathered.encodings.items())),
        "problems": dict(sorted(Counter(problem.code for problem in gathered.problems).items())),
    }
