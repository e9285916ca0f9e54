"""Which names may become part of a path: nothing that came from outside reaches the file system unchecked."""

from __future__ import annotations

import re

from models_store.errors import InvalidInput

_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 240


class UnsafeName(InvalidInput):
    """The name could lead out of its folder, or is none."""

    code = "unsafe_name"


def namespace(said: str) -> str:
    """A store namespace (a project id): lower-case letters, digits and dashes, at most 64."""
    if not isinstance(said, str) or not _NAMESPACE.fullmatch(said):
        raise UnsafeName("This is no namespace.", field="namespace", expected=_NAMESPACE.pattern, got=said)
    return said


def sha256(said: str) -> str:
    """A SHA-256 digest as 64 lower-case hex digits."""
    if not isinstance(said, str) or not _SHA256.fullmatch(said):
        raise UnsafeName("This is no SHA-256 digest.", field="sha256", expected=_SHA256.pattern, got=said)
    return said


def relative(said: str) -> str:
    """A relative path with forward slashes: no `..`, no empty part, no drive, no back-slash, no control character."""
    parts = said.split("/") if isinstance(said, str) else [""]
    bad = any(part in {"", ".", ".."} or len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in parts)
    if bad or "\\" in said or ":" in parts[0] or not said.isprintable():
        raise UnsafeName(
            "This name is not allowed.", field="name", expected="a relative path inside the folder", got=said
        )
    return said
