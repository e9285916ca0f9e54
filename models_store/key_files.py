"""The files of the keyring: read only where nobody else can, written whole or not at all, with mode 600."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models_store.errors import ProductError


class KeyringUnusable(ProductError):
    """The keyring cannot be used as it is."""

    code, http_status = "keyring_unusable", 500


def read(folder: Path, name: str) -> str:
    """The text of one file; KeyringUnusable when it is missing or open to others."""
    require_private(folder)
    try:
        require_private(folder / name)
        return (folder / name).read_text(encoding="ascii")
    except FileNotFoundError as missing:
        raise KeyringUnusable(f"The keyring has no {name}; `make setup` makes one.", field=name) from missing


def parsed(folder: Path, name: str, parse: Callable[[str], Any]) -> Any:
    """What `parse` makes of a file; KeyringUnusable for a damaged one."""
    try:
        return parse(read(folder, name))
    except ValueError as damaged:
        raise KeyringUnusable(f"{name} of the keyring cannot be read.", field=name) from damaged


def require_private(place: Path) -> None:
    """KeyringUnusable unless the place is there, and its owner's alone."""
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


def private_key(pem: str, kind: type[Any]) -> Any:
    """The private key in a PEM text; KeyringUnusable for a damaged one, or one of another kind."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except ValueError as damaged:
        raise KeyringUnusable("A key of the keyring cannot be read.", expected=kind.__name__) from damaged
    if not isinstance(key, kind):
        raise KeyringUnusable(
            "A key of the keyring is of another kind.", expected=kind.__name__, got=type(key).__name__
        )
    return key


def private_pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """PKCS #8, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def certificate_pem(certificate: x509.Certificate) -> str:
    """As PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def write_new(place: Path, text: str) -> None:
    """Write a file of mode 600, whole or not at all, unless there is one."""
    if not place.exists():
        replace(place, text)


def replace(place: Path, text: str) -> None:
    """Write a file of mode 600, whole or not at all."""
    fresh = place.with_name(place.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, place)
