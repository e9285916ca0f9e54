"""Ed25519 signatures with key ids, and in-toto statements in DSSE envelopes.

The envelope is written here, in a few lines, and not by the package model-signing: that one signs a folder by its own
rules where ours is already described by its manifest, takes no Ed25519 key, and brings fourteen more packages
(sigstore, tuf, ...) for a PAE and a base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from models_store.canonical import canonical
from models_store.errors import IntegrityFailure

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class BadSignature(IntegrityFailure):
    """The signature does not fit the bytes and the key."""

    code = "bad_signature"


class Signer(Protocol):
    """Whatever signs under a key id: a key in this process, or a call to the process that holds it."""

    @property
    def key_id(self) -> str: ...
    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key and its id."""

    key_id: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> Ed25519PublicKey:
        """The half that may be shown."""
        return self.private.public_key()

    def sign(self, data: bytes) -> bytes:
        """64 bytes (RFC 8032)."""
        return self.private.sign(data)


def key_id(purpose: str, public: Ed25519PublicKey | ec.EllipticCurvePublicKey) -> str:
    """A key's name: what it is for, and the start of the SHA-256 of its SubjectPublicKeyInfo."""
    info = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{purpose}-{hashlib.sha256(info).hexdigest()[:16]}"


def verify(public: Ed25519PublicKey, data: bytes, signature: bytes) -> None:
    """Raise BadSignature unless `signature` over `data` was made by that key."""
    try:
        public.verify(signature, data)
    except InvalidSignature as wrong:
        raise BadSignature() from wrong


def sign_es256(private: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """ES256 as COSE wants it: r and s, 32 bytes each (RFC 9053 section 2.1)."""
    r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def statement(subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """An in-toto Statement v1 about {name: sha256}."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(subjects.items())],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }


def sign_statement(said: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """The DSSE envelope over the canonical JSON of a statement."""
    payload = canonical(said)
    signature = signer.sign(_pae(PAYLOAD_TYPE, payload))
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signer.key_id, "sig": base64.b64encode(signature).decode()}],
    }


def verify_statement(envelope: Mapping[str, Any], public: Ed25519PublicKey) -> dict[str, Any]:
    """The statement, read from exactly the bytes that one of the envelope's signatures covers; else BadSignature."""
    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        kind = envelope["payloadType"]
        signatures = [base64.b64decode(each["sig"], validate=True) for each in envelope["signatures"]]
    except (KeyError, TypeError, binascii.Error) as wrong:
        raise BadSignature("This is no DSSE envelope.", got=str(wrong)) from wrong
    if kind != PAYLOAD_TYPE:
        raise BadSignature("The envelope holds no in-toto statement.", expected=PAYLOAD_TYPE, got=kind)
    if not any(_fits(public, _pae(kind, payload), signature) for signature in signatures):
        raise BadSignature("No signature of the envelope was made by this key.")
    said = json.loads(payload)
    if said.get("_type") != STATEMENT_TYPE:
        raise BadSignature(
            "The envelope holds another kind of statement.", expected=STATEMENT_TYPE, got=said.get("_type")
        )
    return said


def _pae(kind: str, payload: bytes) -> bytes:
    """Pre-authentication encoding (DSSE protocol, section "Signature Definition")."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _fits(public: Ed25519PublicKey, data: bytes, signature: bytes) -> bool:
    try:
        verify(public, data, signature)
    except BadSignature:
        return False
    return True
