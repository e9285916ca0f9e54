"""The platform's certificates are what readers of content credentials trust."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import pytest
from cryptography import x509
from PIL import Image

from models_store.keys import Keyring, create_keyring
from models_store.signing import sign_es256


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return create_keyring(tmp_path_factory.mktemp("certificates") / "keys")


@pytest.fixture(scope="module")
def leaf(ring: Keyring) -> x509.Certificate:
    return x509.load_pem_x509_certificates(ring.credential_chain_pem.encode())[0]


@pytest.fixture(scope="module")
def root(ring: Keyring) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ring.root_pem.encode())


def test_the_leaf_was_issued_by_the_root(leaf: x509.Certificate, root: x509.Certificate):
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


def test_the_leaf_may_sign_and_nothing_else(leaf: x509.Certificate):
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca) == (True, False)


def test_the_leaf_names_its_organisation_and_its_issuers_key(leaf: x509.Certificate, root: x509.Certificate):
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value == "Kilnmark"
    authority = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    subject = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority.key_identifier == subject.digest


def test_the_leaf_is_for_email_protection(leaf: x509.Certificate):
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]


def test_the_leaf_lives_ten_years_and_the_root_longer(tmp_path: Path):
    at = datetime(2030, 1, 1, tzinfo=UTC)
    made = create_keyring(tmp_path / "keys", at=at)
    leaf, root = x509.load_pem_x509_certificates(made.credential_chain_pem.encode())
    assert leaf.not_valid_after_utc == at + timedelta(days=3650)
    assert root.not_valid_after_utc > leaf.not_valid_after_utc


def test_the_root_key_is_put_aside_with_a_word(tmp_path: Path):
    create_keyring(tmp_path / "keys")
    assert "offline" in (tmp_path / "keys" / "offline" / "README.txt").read_text()
    assert "PRIVATE KEY" in (tmp_path / "keys" / "offline" / "root-key.pem").read_text()


def signed_png(ring: Keyring) -> bytes:
    raw, out = io.BytesIO(), io.BytesIO()
    Image.new("L", (32, 32), 90).save(raw, "PNG")
    raw.seek(0)
    signer = c2pa.Signer.from_callback(
        lambda claim: sign_es256(ring.credential, claim), c2pa.C2paSigningAlg.ES256, ring.credential_chain_pem
    )
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": source}]}
    assertions = [{"label": "c2pa.actions.v2", "data": actions}]
    said = {"claim_generator_info": [{"name": "test"}], "format": "image/png", "assertions": assertions}
    quiet = {"version": 1, "builder": {"thumbnail": {"enabled": False}}, "verify": {"remote_manifest_fetch": False}}
    context = c2pa.Context.from_dict(quiet, signer=signer)
    with c2pa.Builder(said, context=context) as builder:
        builder.sign("image/png", raw, out)
    return out.getvalue()


def state(data: bytes, root_pem: str) -> str:
    trust = {"version": 1, "trust": {"trust_anchors": root_pem}, "verify": {"verify_trust": True}}
    with c2pa.Reader("image/png", io.BytesIO(data), context=c2pa.Context.from_dict(trust)) as reader:
        return str(reader.get_validation_state())


def test_a_credential_of_this_platform_is_trusted_against_its_root(ring: Keyring):
    assert state(signed_png(ring), ring.root_pem) == "Trusted"


def test_a_forged_authority_of_the_same_name_is_not_trusted(ring: Keyring, tmp_path: Path):
    forger = create_keyring(tmp_path / "forger")
    assert state(signed_png(forger), ring.root_pem) != "Trusted"
