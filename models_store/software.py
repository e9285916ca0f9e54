"""The software that the platform runs on, by its lock files, with the licences that installed packages state."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;#]+)")
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_LICENCE = 100  # some packages put the whole text there


@dataclass(frozen=True)
class Package:
    """One pinned package; `expression` is an SPDX expression, `licence` a name, both as the package itself states."""

    name: str
    version: str
    expression: str = ""
    licence: str = ""


def pinned(locks: Iterable[Path]) -> list[Package]:
    """Every package that these lock files pin, by name; a lock that is not there adds none."""
    texts = (lock.read_text(encoding="utf-8") for lock in locks if lock.exists())
    found = (match.groups() for text in texts for line in text.splitlines() if (match := _PINNED.match(line)))
    return [_described(name, version) for name, version in sorted(set(found), key=lambda pair: pair[0].lower())]


def _described(name: str, version: str) -> Package:
    """With its licence, where it is installed here; a worker's packages are not, on a machine that only serves."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return Package(name, version)
    stated = " ".join(_field(said, "License").split())
    classified = [value.removeprefix(_CLASSIFIER) for value in said.get_all("Classifier") or () if _CLASSIFIER in value]
    licence = stated if 0 < len(stated) <= _LONGEST_LICENCE else "; ".join(classified)
    return Package(name, version, _field(said, "License-Expression"), licence)


def _field(said: metadata.PackageMetadata, name: str) -> str:
    return (said.get_all(name) or [""])[0]
