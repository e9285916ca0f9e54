"""The keyring: separate masters for marks, the log, bundles and credentials, in a folder only its owner can read."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models_store import certificates
from models_store.key_files import (
    KeyringUnusable,
    certificate_pem,
    parsed,
    private_key,
    private_pem,
    read,
    require_private,
    write_new,
)
from models_store.signing import SigningKey, key_id

ORGANISATION = "Kilnmark"
PURPOSES = ("log", "bundle")  # of the Ed25519 keys
MARKS, CREDENTIAL, CHAIN, ROOT = "marks-master.hex", "credential-es256.pem", "credential-chain.pem", "root.pem"
RETIRED, RETIRED_CHAINS, OFFLINE_KEY = "retired.json", "retired-chains.json", "offline/root-key.pem"
_OFFLINE_README = """\
root-key.pem is the private key of this platform's own certificate authority. It has done its work: it issued the
certificate that signs content credentials. Move this folder to a medium that is kept offline (two copies, two places)
and delete it here. It is needed again only to issue the next signing certificate, once a year (docs/keys.md); whoever
else holds it can issue certificates in this platform's name.
"""


@dataclass(frozen=True)
class Keyring:
    """Every key of the platform. Printing it shows key ids and certificates only.

    `credential` is None where that key does not lie in the folder: models_store/signers.py knows where it is then.
    """

    log: SigningKey
    bundle: SigningKey
    credential_id: str
    credential_chain_pem: str  # the leaf, then the root
    root_pem: str  # one after the other where there were several, the one in use first
    retired: Mapping[str, str]  # key id -> public key, PEM
    retired_chains: Mapping[str, str]  # id of a credential key -> the chain it signed under, PEM
    credential: ec.EllipticCurvePrivateKey | None = field(repr=False)
    _marks_master: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Read a folder that `create_keyring` made; KeyringUnusable when it is missing, damaged or open to others."""
        chain, credential = _credential(folder)
        chains = parsed(folder, RETIRED_CHAINS, json.loads) if (folder / RETIRED_CHAINS).exists() else {}
        return cls(
            **{purpose: signing_key(folder, purpose) for purpose in PURPOSES},
            credential_id=leaf_key_id(chain),
            credential_chain_pem=chain,
            root_pem=read(folder, ROOT),
            retired=MappingProxyType(parsed(folder, RETIRED, json.loads)),
            retired_chains=MappingProxyType(chains),
            credential=credential,
            _marks_master=parsed(folder, MARKS, bytes.fromhex),
        )

    @property
    def root_id(self) -> str:
        """The start of the SHA-256 fingerprint of the root in use."""
        return f"root-{_leaf(self.root_pem).fingerprint(hashes.SHA256()).hex()[:16]}"

    @property
    def credential_until(self) -> datetime:
        """When the year is over for which the credential key signs; files stay valid for nine more."""
        return certificates.issued_at(_leaf(self.credential_chain_pem)) + certificates.YEAR_OF_USE

    def project_mark_key(self, project_id: str) -> bytes:
        """The 32-byte key from which the mark keys of a project's jobs come: HKDF-SHA256 (RFC 5869) of the master."""
        info = b"kilnmark/marks/project/1\x00" + project_id.encode()
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(self._marks_master)

    def public_key(self, wanted: str) -> Ed25519PublicKey:
        """The Ed25519 key of that id, in use or retired; KeyringUnusable when there is none."""
        for key in (self.log, self.bundle):
            if key.key_id == wanted:
                return key.public
        if wanted in self.retired:
            public = serialization.load_pem_public_key(self.retired[wanted].encode())
            if isinstance(public, Ed25519PublicKey):
                return public
        raise KeyringUnusable("The keyring knows no such key.", field="key_id", got=wanted)


def job_mark_key(project_key: bytes, job_id: str) -> bytes:
    """The 32-byte mark key of one job: the first block of HKDF-Expand (RFC 5869 section 2.3) of the project's key."""
    return hmac.digest(project_key, b"kilnmark/marks/job/1\x00" + job_id.encode() + b"\x01", "sha256")


def create_keyring(folder: Path, *, organisation: str = ORGANISATION, at: datetime | None = None) -> Keyring:
    """Make whatever is missing in the folder (mode 700, files 600) and load it; what is there is never changed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(folder)
    write_new(folder / MARKS, secrets.token_hex(32))
    for purpose in PURPOSES:
        write_new(folder / f"{purpose}-ed25519.pem", private_pem(Ed25519PrivateKey.generate()))
    write_new(folder / RETIRED, "{}")
    if not (folder / CHAIN).exists():
        _create_credential(folder, organisation, at or datetime.now(UTC))
    return Keyring.load(folder)


def _create_credential(folder: Path, organisation: str, at: datetime) -> None:
    offline = folder / OFFLINE_KEY
    if not (folder / ROOT).exists():
        write_new(folder / ROOT, create_root(offline, organisation, at))
    elif not offline.exists():
        raise KeyringUnusable(
            "The root key was moved away, and there is no signing certificate: bring it back to issue one.",
            expected=OFFLINE_KEY,
        )
    root_key = private_key(read(folder, OFFLINE_KEY), ec.EllipticCurvePrivateKey)
    write_new(folder / CREDENTIAL, private_pem(certificates.new_key()))
    credential = private_key(read(folder, CREDENTIAL), ec.EllipticCurvePrivateKey)
    write_new(folder / CHAIN, chain_of(credential.public_key(), read(folder, ROOT), root_key, organisation, at))


def create_root(place: Path, organisation: str, at: datetime) -> str:
    """A root key at `place`, with a README beside it, unless there is one; its certificate, PEM."""
    place.parent.mkdir(mode=0o700, exist_ok=True)
    write_new(place.parent / "README.txt", _OFFLINE_README)
    write_new(place, private_pem(certificates.new_key()))
    return certificate_pem(
        certificates.issue_root(private_key(place.read_text(), ec.EllipticCurvePrivateKey), organisation, at)
    )


def chain_of(
    public: ec.EllipticCurvePublicKey,
    root_pem: str,
    root_key: ec.EllipticCurvePrivateKey,
    organisation: str,
    at: datetime,
) -> str:
    """A new leaf for that key and its root, PEM; KeyringUnusable for a root key that is not the root's."""
    root = _leaf(root_pem)
    if root.public_key() != root_key.public_key():
        raise KeyringUnusable("This root key is not that of the root certificate.", field="root_key")
    leaf = certificates.issue_leaf(public, organisation, root, root_key, at)
    return certificate_pem(leaf) + certificate_pem(root)


def leaf_key_id(chain_pem: str) -> str:
    """The id of the key that a chain's first certificate is for."""
    public = _leaf(chain_pem).public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeyringUnusable("The certificate is for a key of another kind.", field=CHAIN, expected="P-256")
    return key_id("credential", public)


def _leaf(chain_pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(chain_pem.encode())
    except ValueError as damaged:
        raise KeyringUnusable(f"{CHAIN} of the keyring cannot be read.", field=CHAIN) from damaged


def _credential(folder: Path) -> tuple[str, ec.EllipticCurvePrivateKey | None]:
    """The chain in use and its key, if that lies here: under its id, or under the name that a first one has.

    The chain is read again where it was changed meanwhile: a rotation writes the new key, then the chain, and then
    removes the old key.
    """
    chain = read(folder, CHAIN)
    for name in (f"{leaf_key_id(chain)}.pem", CREDENTIAL):
        if (folder / name).exists():
            key = private_key(read(folder, name), ec.EllipticCurvePrivateKey)
            if key_id("credential", key.public_key()) == leaf_key_id(chain):
                return chain, key
    return (chain, None) if read(folder, CHAIN) == chain else _credential(folder)


def signing_key(folder: Path, purpose: str) -> SigningKey:
    """The Ed25519 key of a purpose."""
    private = private_key(read(folder, f"{purpose}-ed25519.pem"), Ed25519PrivateKey)
    return SigningKey(key_id(purpose, private.public_key()), private)
