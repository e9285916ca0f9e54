"""Where the key that signs credentials lies, and who asks it: a file, a PKCS#11 token, or a key service.

The platform asks for a signature and never for the key (docs/keys.md).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec

from models_store.key_files import KeyringUnusable
from models_store.keys import Keyring
from models_store.signing import key_id, sign_es256

FILE = "file"


class CredentialSigner(Protocol):
    """A P-256 key that signs and is never seen. Several threads may ask at once."""

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        """The half that may be shown."""
        ...

    def sign(self, data: bytes) -> bytes:
        """ES256 over `data`: r and s, 32 bytes each."""
        ...


@dataclass(frozen=True)
class InFile:
    """A key of the keyring's folder."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        """The half that may be shown."""
        return self.private.public_key()

    def sign(self, data: bytes) -> bytes:
        """r and s, 32 bytes each."""
        return sign_es256(self.private, data)


def credential_signer(where: str, keyring: Keyring) -> CredentialSigner:
    """Who signs credentials: `file`, a PKCS#11 URI (RFC 7512), or `module:function`, which returns a CredentialSigner.

    KeyringUnusable where nobody does, or where its key is not that of the certificate in use.
    """
    if where == FILE:
        if keyring.credential is None:
            raise KeyringUnusable("The credential key does not lie in the keyring.", field=keyring.credential_id)
        return InFile(keyring.credential)
    signer = held_elsewhere(where)
    if (found := key_id("credential", signer.public)) != keyring.credential_id:
        raise KeyringUnusable(
            "The signer's key is not that of the certificate: `manage.py rotate_keys credential` issues one for it.",
            field="KILNMARK_SIGNER", expected=keyring.credential_id, got=found,
        )  # fmt: skip
    return signer


@lru_cache(maxsize=2)
def held_elsewhere(where: str) -> CredentialSigner:
    """A signer outside the keyring, opened once a process; KeyringUnusable where it cannot be."""
    if where.startswith("pkcs11:"):
        try:
            from models_store.pkcs11_signer import InToken
        except ImportError as missing:
            raise KeyringUnusable("A token needs the package python-pkcs11.", field="KILNMARK_SIGNER") from missing
        return InToken.open(where)
    module, _, function = where.partition(":")
    try:
        make: Callable[[], CredentialSigner] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as wrong:
        raise KeyringUnusable(
            "There is no such signer.",
            field="KILNMARK_SIGNER",
            expected="file, pkcs11:... or module:function",
            got=where,
        ) from wrong
    return make()
