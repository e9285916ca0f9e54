"""The keyring: separate masters for marks, the log, bundles and credentials, in a folder only its owner can read."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models_store import certificates
from models_store.errors import ProductError
from models_store.signing import SigningKey, key_id

ORGANISATION = "Kilnmark"
PURPOSES = ("log", "bundle")  # of the Ed25519 keys
_MARKS, _CREDENTIAL, _CHAIN, _ROOT = "marks-master.hex", "credential-es256.pem", "credential-chain.pem", "root.pem"
_RETIRED, _OFFLINE_KEY = "retired.json", "offline/root-key.pem"
_OFFLINE_README = """\
root-key.pem is the private key of this platform's own certificate authority. It has done its work: it issued the
certificate that signs content credentials. Move this folder to a medium that is kept offline (two copies, two places)
and delete it here. It is needed again only to issue the next signing certificate; whoever else holds it can issue
certificates in this platform's name.
"""


class KeyringUnusable(ProductError):
    """The keyring cannot be used as it is."""

    code, http_status = "keyring_unusable", 500


@dataclass(frozen=True)
class Keyring:
    """Every key of the platform. Printing it shows key ids and certificates only."""

    log: SigningKey
    bundle: SigningKey
    credential_id: str
    credential_chain_pem: str  # the leaf, then the root
    root_pem: str
    retired: Mapping[str, str]  # key id -> public key, PEM
    credential: ec.EllipticCurvePrivateKey = field(repr=False)
    _marks_master: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Read a folder that `create_keyring` made; KeyringUnusable when it is missing, damaged or open to others."""
        credential = _private(_read(folder, _CREDENTIAL), ec.EllipticCurvePrivateKey)
        signing = {purpose: _signing_key(folder, purpose) for purpose in PURPOSES}
        return cls(
            **signing,
            credential_id=key_id("credential", credential.public_key()),
            credential_chain_pem=_read(folder, _CHAIN),
            root_pem=_read(folder, _ROOT),
            retired=MappingProxyType(_parsed(folder, _RETIRED, json.loads)),
            credential=credential,
            _marks_master=_parsed(folder, _MARKS, bytes.fromhex),
        )

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
    _require_private(folder)
    _write_new(folder / _MARKS, secrets.token_hex(32))
    for purpose in PURPOSES:
        _write_new(folder / f"{purpose}-ed25519.pem", _pem(Ed25519PrivateKey.generate()))
    _write_new(folder / _RETIRED, "{}")
    _create_credential(folder, organisation, at or datetime.now(UTC))
    return Keyring.load(folder)


def rotate(folder: Path, purpose: str) -> Keyring:
    """Replace the Ed25519 key of one purpose; the old public key stays, so that old signatures can be checked."""
    old = getattr(Keyring.load(folder), purpose)
    public = old.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    retired = json.loads(_read(folder, _RETIRED)) | {old.key_id: public.decode()}
    _replace(folder / _RETIRED, json.dumps(retired, indent=1))
    _replace(folder / f"{purpose}-ed25519.pem", _pem(Ed25519PrivateKey.generate()))
    return Keyring.load(folder)


def _create_credential(folder: Path, organisation: str, at: datetime) -> None:
    if (folder / _CHAIN).exists():
        return
    offline = folder / _OFFLINE_KEY
    if not (folder / _ROOT).exists():
        offline.parent.mkdir(mode=0o700, exist_ok=True)
        _write_new(offline.parent / "README.txt", _OFFLINE_README)
        _write_new(offline, _pem(certificates.new_key()))
        root_key = _private(offline.read_text(), ec.EllipticCurvePrivateKey)
        _write_new(folder / _ROOT, _certificate_pem(certificates.issue_root(root_key, organisation, at)))
    elif not offline.exists():
        raise KeyringUnusable(
            "The root key was moved away, and there is no signing certificate: bring it back to issue one.",
            expected=_OFFLINE_KEY,
        )
    root_key = _private(_read(folder, _OFFLINE_KEY), ec.EllipticCurvePrivateKey)
    root = x509.load_pem_x509_certificate((folder / _ROOT).read_bytes())
    _write_new(folder / _CREDENTIAL, _pem(certificates.new_key()))
    credential = _private(_read(folder, _CREDENTIAL), ec.EllipticCurvePrivateKey)
    leaf = certificates.issue_leaf(credential.public_key(), organisation, root, root_key, at)
    _write_new(folder / _CHAIN, _certificate_pem(leaf) + _certificate_pem(root))


def _signing_key(folder: Path, purpose: str) -> SigningKey:
    private = _private(_read(folder, f"{purpose}-ed25519.pem"), Ed25519PrivateKey)
    return SigningKey(key_id(purpose, private.public_key()), private)


def _read(folder: Path, name: str) -> str:
    _require_private(folder)
    try:
        _require_private(folder / name)
        return (folder / name).read_text(encoding="ascii")
    except FileNotFoundError as missing:
        raise KeyringUnusable(f"The keyring has no {name}; `make setup` makes one.", field=name) from missing


def _parsed(folder: Path, name: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(_read(folder, name))
    except ValueError as damaged:
        raise KeyringUnusable(f"{name} of the keyring cannot be read.", field=name) from damaged


def _require_private(place: Path) -> None:
    try:
        mode = place.stat().st_mode & 0o777
    except FileNotFoundError as missing:
        raise KeyringUnusable(f"There is no {place.name}; `make setup` makes it.", field=place.name) from missing
    if mode & 0o077:
        raise KeyringUnusable(
            f"Others can read {place.name}: change its keys if they may have been read, then `chmod go= {place.name}`.",
            field=place.name,
            expected="no access for group and others",
            got=oct(mode),
        )


def _private(pem: str, kind: type[Any]) -> Any:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except ValueError as damaged:
        raise KeyringUnusable("A key of the keyring cannot be read.", expected=kind.__name__) from damaged
    if not isinstance(key, kind):
        raise KeyringUnusable(
            "A key of the keyring is of another kind.", expected=kind.__name__, got=type(key).__name__
        )
    return key


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _write_new(place: Path, text: str) -> None:
    """Write a file of mode 600, whole or not at all, unless there is one."""
    if not place.exists():
        _replace(place, text)


def _replace(place: Path, text: str) -> None:
    fresh = place.with_name(place.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, place)
