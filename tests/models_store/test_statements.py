"""DSSE envelopes over in-toto statements."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models_store import signing
from models_store.signing import BadSignature, SigningKey

KEY = SigningKey("bundle-1", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = SigningKey("bundle-2", Ed25519PrivateKey.from_private_bytes(b"o" * 32))


def envelope() -> dict:
    return signing.sign_statement(signing.statement({"m": "0" * 64}, "urn:test", {"n": 1}), KEY)


def test_the_pre_authentication_encoding_is_that_of_the_protocol():
    said = signing._pae("http://example.com/HelloWorld", b"hello world")
    assert said == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"  # test vector of the DSSE protocol


def test_a_signed_statement_comes_back():
    said = signing.verify_statement(envelope(), KEY.public)
    assert said["subject"] == [{"name": "m", "digest": {"sha256": "0" * 64}}]
    assert said["predicate"] == {"n": 1}


def test_another_key_does_not_verify():
    with pytest.raises(BadSignature):
        signing.verify_statement(envelope(), OTHER.public)


def test_one_good_signature_of_several_is_enough():
    signed = envelope()
    signed["signatures"].insert(0, {"keyid": "x", "sig": base64.b64encode(b"0" * 64).decode()})
    assert signing.verify_statement(signed, KEY.public)["predicateType"] == "urn:test"


def test_a_changed_payload_does_not_verify():
    signed = envelope()
    said = json.loads(base64.b64decode(signed["payload"]))
    said["subject"][0]["name"] = "n"
    signed["payload"] = base64.b64encode(json.dumps(said).encode()).decode()
    with pytest.raises(BadSignature):
        signing.verify_statement(signed, KEY.public)


@pytest.mark.parametrize("broken", [{}, {"payload": "!", "payloadType": "x", "signatures": []}, {"payload": 3}])
def test_what_is_no_envelope_is_refused(broken: dict):
    with pytest.raises(BadSignature):
        signing.verify_statement(broken, KEY.public)


def test_another_payload_type_is_refused():
    with pytest.raises(BadSignature):
        signing.verify_statement(envelope() | {"payloadType": "text/plain"}, KEY.public)


def test_a_signing_key_does_not_show_its_secret():
    assert "private" not in repr(KEY)
