"""The platform's own certificate authority: a root that is used once a year, and the leaf that signs credentials.

The leaf is what c2pa 2.x accepts: ES256, critical digitalSignature, CA:false, key identifiers, an organisation in its
subject, and the EKU emailProtection (claim signing alone reads Invalid unless the verifier was told to take it).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_LIFETIME = timedelta(days=30 * 365)
LEAF_LIFETIME = timedelta(days=10 * 365)  # files outlive the key's one year of use
YEAR_OF_USE = timedelta(days=365)  # for which the key of a leaf signs
_CLOCK_SKEW = timedelta(hours=1)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def issue_root(key: ec.EllipticCurvePrivateKey, organisation: str, at: datetime) -> x509.Certificate:
    """A self-signed root that may issue leaves and nothing else."""
    public = key.public_key()
    name = _name(organisation, f"{organisation} root")
    return (
        _builder(name, name, public, at, at + ROOT_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def issue_leaf(
    public: ec.EllipticCurvePublicKey,
    organisation: str,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    """The certificate of a credential key."""
    name = _name(organisation, f"{organisation} content credentials")
    return (
        _builder(name, root.subject, public, at, min(at + LEAF_LIFETIME, root.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def issued_at(leaf: x509.Certificate) -> datetime:
    """When a leaf was issued, UTC."""
    return leaf.not_valid_before_utc + _CLOCK_SKEW


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, at: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _CLOCK_SKEW)
        .not_valid_after(until)
    )


def _name(organisation: str, common_name: str) -> x509.Name:
    parts = {NameOID.ORGANIZATION_NAME: organisation[:64], NameOID.COMMON_NAME: common_name[:64]}
    return x509.Name([x509.NameAttribute(part, said) for part, said in parts.items()])


def _usage(*, sign: bool) -> x509.KeyUsage:
    """digitalSignature for a leaf; keyCertSign and cRLSign for the root."""
    return x509.KeyUsage(
        digital_signature=sign,
        key_cert_sign=not sign,
        crl_sign=not sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
