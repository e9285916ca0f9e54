"""The signed credential (C2PA) of an untrusted file, read offline: nothing is fetched from anywhere.

Only the state `Trusted` says who signed: `Valid` says that the file agrees with itself, which anybody can bring about.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ORIGIN = "io.kilnmark.origin"
CLAIMED = ("job", "model_version", "stage", "manifest_digest")
LARGEST_BYTES = 64 * 2**20
LARGEST_SIDECAR_BYTES = 2**20
LONGEST_CLAIM = 256
SIGNER_FAILURES = ("signingCredential", "claimSignature", "unreadable", "claim.missing")
PLAIN = "application/octet-stream"  # how the library is told to hash every byte of a file with a credential beside it
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"II*\0", 0, "image/tiff"),
    (b"MM\0*", 0, "image/tiff"),
    (b"ftypavif", 4, "image/avif"),
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
)
OFFLINE: dict[str, Any] = {
    "version": 1,
    "core": {
        "allowed_network_hosts": [],
        "decode_identity_assertions": False,
        "max_decompressed_manifest_size_in_mb": 8,
    },
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}


class Missing(Exception):
    """c2pa-python is not installed: pip install c2pa-python."""


@dataclass(frozen=True)
class Credential:
    """What a credential says; `claims` are to be believed only where it is Trusted."""

    state: str = "none"  # Trusted, Valid, Invalid, none
    failures: Sequence[str] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def forged(self) -> bool:
        """Whether its signer is not one that is trusted here, or its signature does not hold."""
        return self.state == "Valid" or any(code.startswith(SIGNER_FAILURES) for code in self.failures)

    @property
    def tampered(self) -> bool:
        """Whether a signature by a trusted signer is whole but no longer fits the bytes."""
        return self.state == "Invalid" and bool(self.failures) and not self.forged and "job" in self.claims


def read(data: bytes, roots_pem: Sequence[str], sidecar: bytes = b"") -> Credential:
    """The credential inside the file, or the one beside it; raises Missing where nothing can read one."""
    media_type = next((kind for sign, at, kind in SIGNS if data[at : at + len(sign)] == sign), "")
    if b"jumb" not in (sidecar or data) or len(data) > LARGEST_BYTES or len(sidecar) > LARGEST_SIDECAR_BYTES:
        return Credential()
    if not media_type and not sidecar:
        return Credential()
    try:
        import c2pa
    except ImportError as error:
        raise Missing from error
    anchors = {"trust_anchors": "\n".join(roots_pem), "verify_trust_list": True}
    where: tuple[Any, ...] = (PLAIN, io.BytesIO(data), sidecar) if sidecar else (media_type, io.BytesIO(data))
    try:
        context = c2pa.Context.from_dict({**OFFLINE, "trust": anchors})
        with c2pa.Reader(*where, context=context) as reader:
            store = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return Credential()
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return Credential("Invalid", [f"unreadable.{type(error).__name__}"])
    said = store.get("manifests", {}).get(str(store.get("active_manifest") or ""), {})
    origin = [part.get("data") for part in said.get("assertions", []) if part.get("label") == ORIGIN]
    failed = store.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    return Credential(
        str(store.get("validation_state", "Invalid")),
        sorted({str(failure.get("code")) for failure in failed}),
        _claims(origin[0]) if len(origin) == 1 else {},
    )


def _claims(origin: Any) -> dict[str, str | int]:
    """The fields of the platform's own assertion that have the type and length that it writes."""
    if not isinstance(origin, dict):
        return {}
    said = {name: origin[name] for name in CLAIMED if isinstance(origin.get(name), str)}
    claims: dict[str, str | int] = {name: value for name, value in said.items() if len(value) <= LONGEST_CLAIM}
    index = origin.get("index")
    return claims | ({"index": index} if isinstance(index, int) and not isinstance(index, bool) else {})
