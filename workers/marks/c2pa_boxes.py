"""The parts of a C2PA manifest store that we write ourselves: CBOR items, JUMBF boxes, a COSE signature.

CBOR: RFC 8949, definite lengths. JUMBF: ISO 19566-5, boxes of ISO 14496-12 form with a description box first. COSE:
RFC 9052 section 4.2 (COSE_Sign1, detached payload), x5chain of RFC 9360. Labels and types: C2PA 2.4, section 11.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from workers.marks.c2pa_origin import RAW_ES256_BYTES, SigningFailed

STORE, MANIFEST, ASSERTIONS, CLAIM, SIGNATURE = "c2pa", "c2ma", "c2as", "c2cl", "c2cs"
CBOR = "cbor"
_TYPE = bytes.fromhex("00110010800000aa00389b71")  # what follows the four letters of a type
_ASKED_FOR = 3  # toggles of a description: it has a label, and may be referred to
_SIGN1, _ES256, _ALG, _X5CHAIN = 18, -7, 1, 33
HEAD_BYTES = 8  # of a box: its length and its type


def cbor(said: Any) -> bytes:
    """One item: whole numbers, bytes, texts, lists, maps with their order kept, and null."""
    match said:
        case None:
            return b"\xf6"
        case int():
            return cbor_head(0, said) if said >= 0 else cbor_head(1, -1 - said)
        case bytes():
            return cbor_head(2, len(said)) + said
        case str():
            text = said.encode()
            return cbor_head(3, len(text)) + text
        case Mapping():
            return cbor_head(5, len(said)) + b"".join(cbor(key) + cbor(value) for key, value in said.items())
        case Sequence():
            return cbor_head(4, len(said)) + b"".join(map(cbor, said))
    raise TypeError(f"a credential says no {type(said).__name__}")


def cbor_head(major: int, number: int) -> bytes:
    """Major type and argument; of a map or a list the items follow."""
    if number < 24:
        return bytes([major << 5 | number])
    for info, form, most in ((24, ">BB", 1 << 8), (25, ">BH", 1 << 16), (26, ">BL", 1 << 32), (27, ">BQ", 1 << 64)):
        if number < most:
            return struct.pack(form, major << 5 | info, number)
    raise ValueError("a number of more than 64 bits")


def box(kind: str, *parts: bytes, more: int = 0) -> bytes:
    """A box of these parts; `more` bytes of it follow elsewhere."""
    body = b"".join(parts)
    return struct.pack(">L4s", HEAD_BYTES + len(body) + more, kind.encode()) + body


def superbox(kind: str, label: str, *parts: bytes, more: int = 0) -> bytes:
    """A JUMBF box: what it is and is called, then its parts, of which the last `more` bytes follow elsewhere."""
    about = box("jumd", kind.encode() + _TYPE + bytes([_ASKED_FOR]) + label.encode() + b"\0")
    return box("jumb", about, *parts, more=more)


def assertion(label: str, said: Mapping[str, Any]) -> bytes:
    """One that says these things."""
    return superbox(CBOR, label, box(CBOR, cbor(said)))


def signed(claim: bytes, certificates_pem: str, sign: Callable[[bytes], bytes]) -> bytes:
    """The COSE_Sign1 over a claim; raises SigningFailed, whatever the signer raised."""
    protected = _protected(certificates_pem)
    try:
        signature = sign(cbor(["Signature1", protected, b"", claim]))
    except Exception as why:
        raise SigningFailed(f"The file was not signed: {why}") from why
    if len(signature) != RAW_ES256_BYTES:
        raise SigningFailed(
            "The signer's answer is no ES256 signature.", expected=RAW_ES256_BYTES, got=len(signature)
        )  # fmt: skip
    return _cose(protected, signature)


def signed_size(certificates_pem: str) -> int:
    """Bytes of a COSE_Sign1 under that chain, whatever it signs."""
    return len(_cose(_protected(certificates_pem), bytes(RAW_ES256_BYTES)))


def _cose(protected: bytes, signature: bytes) -> bytes:
    return cbor_head(6, _SIGN1) + cbor([protected, {}, None, signature])


def _protected(certificates_pem: str) -> bytes:
    try:
        chain = x509.load_pem_x509_certificates(certificates_pem.encode())
    except ValueError as why:
        raise SigningFailed(f"The certificate chain cannot be used: {why}", field="certificates_pem") from why
    ders = [certificate.public_bytes(Encoding.DER) for certificate in chain]
    return cbor({_ALG: _ES256, _X5CHAIN: ders if len(ders) > 1 else ders[0]})
