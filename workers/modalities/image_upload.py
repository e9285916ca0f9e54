"""An upload of pictures in whatever form, as one stream of pictures and problems."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_store.errors import InvalidInput
from workers.contracts import Problem
from workers.modalities.depth import Depth
from workers.modalities.dicom import dicom_pictures
from workers.modalities.dicom_header import Headers
from workers.modalities.file_signs import HEAD_BYTES, PICTURES_IN_WORDS, UPLOADS_IN_WORDS, format_of, in_words
from workers.modalities.idx_files import IdxPairs, idx_count, idx_kind, idx_pictures
from workers.modalities.members import BadFile, Limits, Member, UploadRefused, file_member, folder_members, shown
from workers.modalities.npz_files import Array, npz_arrays, npz_labels, npz_pictures, pictures_and_labels
from workers.modalities.picture import DamagedPicture, Picture, Unfit, decode_picture
from workers.modalities.zip_guard import open_zip, zip_members

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".dcm")
SPLIT_WORDS = {"train", "training", "val", "valid", "validation", "test", "testing", "holdout", "images", "imgs"}


class ImageUpload:
    """The pictures of one upload. `total` counts what is still known to come and may grow while it is read."""

    def __init__(self, path: Path, name: str, size_px: int, limits: Limits, depth: Depth | None = None) -> None:
        """Raises UploadRefused: upload_empty, unknown_format, zip_corrupt, zip_empty, too_many_files, zip_bomb."""
        self.name, self.size_px, self.limits = shown(name or path.name), size_px, limits
        self.depth, self.headers = depth or Depth(), Headers()
        self.problems: list[Problem] = []
        self.is_npz = False
        self._archive: zipfile.ZipFile | None = None
        self.members = self._folder(path) if path.is_dir() else self._file(path)
        self.total = len(self.members)
        self._idx = IdxPairs(self.members)

    def close(self) -> None:
        """Close the archive, if it is one."""
        if self._archive:
            self._archive.close()

    def _folder(self, path: Path) -> list[Member]:
        members, self.problems = folder_members(path, self.limits)
        if not members and not self.problems:
            detail = "The folder holds no files."
            raise UploadRefused(detail, code="upload_empty", field=self.name, expected=UPLOADS_IN_WORDS, got="no files")
        return members

    def _file(self, path: Path) -> list[Member]:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if not head:
            detail = "The file is empty."
            raise UploadRefused(detail, code="upload_empty", field=self.name, expected=UPLOADS_IN_WORDS, got="0 bytes")
        if format_of(head) == "zip":
            self._archive = open_zip(path, self.name, self.limits)
            members, self.problems = zip_members(self._archive, self.limits)
            self.is_npz = bool(members) and all(member.path.endswith(".npy") for member in members)
            return members
        member = file_member(path, self.name)
        if format_of(head) not in ("picture", "dicom") and idx_kind(member) != "idx pictures":
            detail = "This is not an upload of pictures."
            got = in_words(head)
            raise UploadRefused(detail, code="unknown_format", field=self.name, expected=UPLOADS_IN_WORDS, got=got)
        return [member]

    def __iter__(self) -> Iterator[Picture | Problem | Unfit]:
        """Every picture in the order of the paths, and a Problem for every file that is none."""
        yield from self.problems
        if self.is_npz:
            yield from self._arrays()
            return
        labels = folder_labels(self.members)
        for member in self.members:
            try:
                yield from self._pictures(member, labels[member.path])
            except DamagedPicture as bad:
                yield Unfit(bad.problem, bad.image)
            except BadFile as bad:
                yield bad.problem

    def _pictures(self, member: Member, label: str | None) -> Iterator[Picture]:
        kind = idx_kind(member)
        if kind == "idx pictures":
            self.total += idx_count(member) - 1
            yield from idx_pictures(member, self._idx.labels_of(member), self.limits)
        elif kind == "idx labels":
            if not self._idx.has_pictures(member):
                raise BadFile(code="labels_alone", field=member.path, expected="an idx3 file beside it", got="none")
        elif kind in ("zip", "gzip", "archive"):
            got = in_words(member.read(HEAD_BYTES))
            raise BadFile(code="nested_archive", field=member.path, expected=PICTURES_IN_WORDS, got=got)
        elif kind == "dicom":
            yield from dicom_pictures(self._whole(member), member.path, label, self.limits, self.depth, self.headers)
        elif kind != "picture":
            got = in_words(member.read(HEAD_BYTES))
            raise BadFile(code="not_a_picture", field=member.path, expected=PICTURES_IN_WORDS, got=got)
        else:
            yield decode_picture(self._whole(member), member.path, label, self.size_px, self.limits)

    def _whole(self, member: Member) -> bytes:
        most = self.limits.picture_bytes
        if member.size > most:
            expected = f"at most {most:,} bytes"
            raise BadFile(code="file_too_large", field=member.path, expected=expected, got=f"{member.size:,} bytes")
        return member.read(most)

    def _arrays(self) -> Iterator[Picture | Problem]:
        arrays, bad = npz_arrays(self.members)
        pairs, unknown = pictures_and_labels(arrays)
        yield from [*bad, *unknown]
        self.total = sum(array.shape[0] for array, _ in pairs)
        for array, beside in pairs:
            try:
                labels = npz_labels(beside, array.shape[0]) if beside else None
            except BadFile as useless:
                yield useless.problem
                labels = None
            yield from self._array(array, labels)

    def _array(self, array: Array, labels: NDArray[np.generic] | None) -> Iterator[Picture | Problem]:
        try:
            yield from npz_pictures(array, labels, self.limits, self.depth)
        except BadFile as bad:
            yield bad.problem


def folder_labels(members: list[Member]) -> dict[str, str | None]:
    """A class name per path: the first folder below what all paths share, passing over train, test and the like."""
    folders = {member.path: member.path.split("/")[:-1] for member in members}
    likely = [parts for path, parts in folders.items() if path.lower().endswith(SUFFIXES)]  # not a readme at the top
    shared = _shared(likely or list(folders.values()))
    labels: dict[str, str | None] = {}
    for path, parts in folders.items():
        named = [part for part in parts[shared:] if part.lower() not in SPLIT_WORDS]
        labels[path] = named[0] if named else None
    return labels


def _shared(folders: list[list[str]]) -> int:
    """How many leading folders all paths have in common."""
    count = 0
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        count += 1
    return count


def nothing_usable(name: str, problems: list[Problem]) -> InvalidInput:
    """The error for an upload without one usable picture: its code is the problems' own where they agree."""
    if not problems:
        detail = "The upload holds no pictures."
        return UploadRefused(
            detail, code="no_usable_pictures", field=name, expected=UPLOADS_IN_WORDS, got="no pictures"
        )
    first = problems[0]
    alike = len({problem.code for problem in problems}) == 1
    return UploadRefused(
        f"Nothing in {name} can be used ({len(problems):,} found unfit).",
        code=first.code if alike else "no_usable_pictures",
        field=first.file,
        expected=first.expected,
        got=first.got,
        problems=[asdict(problem) for problem in problems[:20]],
    )
