"""The credential key in a PKCS#11 token (a smart card, an HSM, SoftHSM), by the optional package python-pkcs11.

The token is named by a PKCS#11 URI (RFC 7512): `pkcs11:token=kilnmark;object=credential-2026?module-path=/usr/lib/x.so&
pin-source=file:/etc/kilnmark/pin`. The PIN is read from a file of mode 600 and never stands in the URI.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11.util.ec import encode_ec_public_key

from models_store.key_files import KeyringUnusable, read

PARTS = ("token", "object", "module-path", "pin-source")


@dataclass(frozen=True)
class InToken:
    """A key pair of a token, by its label; one session, one signature at a time."""

    public: ec.EllipticCurvePublicKey
    _key: Any = field(repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def open(cls, uri: str) -> InToken:
        """Log into the token; KeyringUnusable where it, its module, its PIN or the key pair is not there."""
        said = parts(uri)
        pin = Path(said["pin-source"].removeprefix("file:"))
        try:
            token = pkcs11.lib(said["module-path"]).get_token(token_label=said["token"])
            session: Any = token.open(user_pin=read(pin.parent, pin.name).strip())
            private, shown = (
                session.get_key(object_class=kind, key_type=pkcs11.KeyType.EC, label=said["object"])
                for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)
            )
        except (pkcs11.PKCS11Error, RuntimeError) as wrong:
            why = f"{type(wrong).__name__} {wrong}".strip()
            raise KeyringUnusable("The token cannot be used.", field="KILNMARK_SIGNER", got=why) from wrong
        public = load_der_public_key(encode_ec_public_key(shown))
        if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
            raise KeyringUnusable("The token's key is of another kind.", field="KILNMARK_SIGNER", expected="P-256")
        return cls(public, private)

    def sign(self, data: bytes) -> bytes:
        """r and s, 32 bytes each; the token gets the digest."""
        with self._turn:
            return bytes(self._key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA))


def parts(uri: str) -> dict[str, str]:
    """The four attributes that are needed; KeyringUnusable names one that is missing."""
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    said = [one.partition("=") for one in (*path.split(";"), *query.split("&")) if one]
    named = {name: unquote(value) for name, _, value in said}
    for name in PARTS:
        if not named.get(name):
            raise KeyringUnusable(
                f"The PKCS#11 URI says no {name}.", field="KILNMARK_SIGNER", expected=", ".join(PARTS)
            )
    return named
