"""The trust bundle: every public key that is needed to check what the platform made, in one JSON document.

Whoever checks must get it on another way than what is checked; it holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificates

from models_store.keys import PURPOSES, Keyring

FORMAT, VERSION = "kilnmark-trust", 1


def trust_bundle(keyring: Keyring, head: Mapping[str, Any] | None = None, tsa_roots_pem: str = "") -> dict[str, Any]:
    """Roots, the keys of the log and of bundles by id (in use and retired), roots of time stamps, newest head."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "roots_pem": _certificates(keyring.root_pem),
        **{f"{purpose}_keys": _keys(keyring, purpose) for purpose in PURPOSES},
        "tsa_roots_pem": _certificates(tsa_roots_pem),
        "head": dict(head) if head else None,
    }


def _certificates(pem: str) -> list[str]:
    """One after the other in a file becomes one by one."""
    found = load_pem_x509_certificates(pem.encode()) if pem.strip() else []
    return [certificate.public_bytes(Encoding.PEM).decode() for certificate in found]


def _keys(keyring: Keyring, purpose: str) -> dict[str, str]:
    key = getattr(keyring, purpose)
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    retired = {name: said for name, said in keyring.retired.items() if name.startswith(f"{purpose}-")}
    return retired | {key.key_id: pem}
