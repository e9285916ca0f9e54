"""Time stamps of a Time Stamp Authority (RFC 3161): what is asked, and the full check of a token. No network here.

The check is that of rfc3161-client (signature, chain to the given roots at the stamp's own time, critical EKU
timeStamping, nonce, imprint); this module adds the request over a digest that is already known, and tokens that were
kept without their response.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from rfc3161_client import VerificationError, Verifier, VerifierBuilder, decode_timestamp_response

from models_store.errors import IntegrityFailure

SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
LARGEST_TOKEN_BYTES = 1 << 16
NONCE_BITS = 63
_SKEW = timedelta(minutes=5)
_IMPRINT = bytes.fromhex("3031300d060960864801650304020105000420")  # SHA-256 (RFC 5754); its 32 bytes follow
_VERSION, _CERTIFICATE_WANTED, _GRANTED = b"\x02\x01\x01", b"\x01\x01\xff", bytes.fromhex("3003020100")


class BadStamp(IntegrityFailure):
    """This is no time stamp of that authority over these bytes."""

    code = "bad_stamp"


@dataclass(frozen=True)
class Stamped:
    """A token (DER, CMS SignedData) that was checked, and the time it states."""

    token: bytes
    at: datetime


def query(sha256: str, nonce: int) -> bytes:
    """A TimeStampReq (RFC 3161, section 2.4.1) over a digest (hex), DER; `nonce` has NONCE_BITS."""
    number = nonce.to_bytes(NONCE_BITS // 8 + 1, "big").lstrip(b"\0") or b"\0"
    number = (b"\0" if number[0] & 0x80 else b"") + number
    body = _VERSION + _IMPRINT + bytes.fromhex(sha256) + _der(0x02, number) + _CERTIFICATE_WANTED
    return _der(0x30, body)


def check_reply(reply: bytes, sha256: str, roots_pem: str, *, now: datetime, nonce: int | None = None) -> Stamped:
    """The token in a TimeStampResp, once all of it was checked; else BadStamp."""
    if len(reply) > LARGEST_TOKEN_BYTES:
        raise BadStamp(field="token", expected=f"at most {LARGEST_TOKEN_BYTES} bytes", got=len(reply))
    try:
        answer = decode_timestamp_response(_sorted(reply))
        if answer.status != 0:
            raise BadStamp("The authority refused.", field="status", expected=0, got=answer.status)
        info = answer.tst_info
        if info.message_imprint.hash_algorithm != SHA256:
            raise BadStamp(
                field="hash_algorithm", expected="SHA-256", got=info.message_imprint.hash_algorithm.dotted_string
            )
        _verifier(roots_pem, nonce).verify(answer, bytes.fromhex(sha256))
        token, at = bytes(answer.time_stamp_token()), info.gen_time.astimezone(UTC)
    except (VerificationError, ValueError, TypeError) as wrong:
        raise BadStamp(got=str(wrong)[:200]) from wrong
    if at > now + _SKEW:
        raise BadStamp(
            "The stamp is from the future.", field="gen_time", expected=f"at most {now:%FT%TZ}", got=f"{at:%FT%TZ}"
        )
    return Stamped(token, at)


def check_token(token: bytes, sha256: str, roots_pem: str, *, now: datetime) -> Stamped:
    """The same for a token that was kept by itself."""
    return check_reply(_der(0x30, _GRANTED + token), sha256, roots_pem, now=now)


def _verifier(roots_pem: str, nonce: int | None) -> Verifier:
    roots = x509.load_pem_x509_certificates(roots_pem.encode())
    return VerifierBuilder(roots=roots, nonce=nonce).build()


def _sorted(reply: bytes) -> bytes:
    """The reply with the certificates of its token in the order that DER wants (X.690, section 11.6).

    Authorities that run OpenSSL send them in another, and the library takes none but that one. No signature covers it.
    """
    status, token = _parts(reply)
    kind, content = _parts(token)
    (signed,) = _parts(content)
    fields = [_der(0xA0, b"".join(sorted(_parts(one)))) if one[0] == 0xA0 else one for one in _parts(signed)]
    return _der(0x30, status + _der(0x30, kind + _der(0xA0, _der(0x30, b"".join(fields)))))


def _parts(der: bytes) -> list[bytes]:
    """What stands inside an element of definite length; ValueError for one that does not fit itself."""
    begin, end = _span(der, 0)
    if end != len(der):
        raise ValueError("bytes after the end of an element")
    found = []
    while begin < end:
        _, after = _span(der, begin)
        found.append(der[begin:after])
        begin = after
    return found


def _span(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    head = der[at : at + 6]
    if len(head) < 2:
        raise ValueError("an element is cut")
    size, begin = head[1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(head[2 : 2 + count], "big"), begin + count
        if not 1 <= count <= 4:
            raise ValueError("an element has no length")
    if begin + size > len(der):
        raise ValueError("an element is cut")
    return begin, begin + size


def _der(tag: int, body: bytes) -> bytes:
    """Tag, length, value (X.690, section 8.1)."""
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
