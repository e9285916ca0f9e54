"""New keys for old: what was signed before can still be checked, and a crash leaves either key in use, and whole."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models_store import certificates
from models_store.key_files import KeyringUnusable, private_key, private_pem, replace, write_new
from models_store.keys import (
    CHAIN,
    CREDENTIAL,
    OFFLINE_KEY,
    ORGANISATION,
    RETIRED,
    RETIRED_CHAINS,
    ROOT,
    Keyring,
    chain_of,
    create_root,
)
from models_store.signing import key_id


def rotate(folder: Path, purpose: str) -> Keyring:
    """Replace the Ed25519 key of one purpose; the old public key stays, so that old signatures can be checked."""
    ring = Keyring.load(folder)
    old = getattr(ring, purpose)
    public = old.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    replace(folder / RETIRED, json.dumps(dict(ring.retired) | {old.key_id: public.decode()}, indent=1))
    replace(folder / f"{purpose}-ed25519.pem", private_pem(Ed25519PrivateKey.generate()))
    return Keyring.load(folder)


def rotate_credential(
    folder: Path,
    root_key: Path,
    *,
    at: datetime,
    held: ec.EllipticCurvePublicKey | None = None,
    organisation: str = ORGANISATION,
) -> Keyring:
    """Issue a certificate for a new credential key; files signed under the old one stay Trusted, by the same root.

    `root_key` is the file that was kept offline. The new key is made here, unless it is `held` elsewhere (a token, a
    key service). The old private key is removed. KeyringUnusable where the root key is missing or not the root's, or
    where `held` is the key in use: a key gets one certificate and one year.
    """
    ring = Keyring.load(folder)
    if not root_key.exists():
        raise KeyringUnusable(
            "The root key is not there: bring it back to issue the next certificate.",
            field="root_key",
            expected=OFFLINE_KEY,
        )
    root = private_key(root_key.read_text(encoding="ascii"), ec.EllipticCurvePrivateKey)
    private = certificates.new_key() if held is None else None
    public = private.public_key() if private else held
    if public is None or key_id("credential", public) in {ring.credential_id, *ring.retired_chains}:
        raise KeyringUnusable("This key had its certificate: make another one.", field="held", got=ring.credential_id)
    chain = chain_of(public, ring.root_pem, root, organisation, at)
    if private:
        write_new(folder / f"{key_id('credential', public)}.pem", private_pem(private))
    chains = dict(ring.retired_chains) | {ring.credential_id: ring.credential_chain_pem}
    replace(folder / RETIRED_CHAINS, json.dumps(chains, indent=1))
    replace(folder / CHAIN, chain)  # from here on the new key is in use
    for name in (f"{ring.credential_id}.pem", CREDENTIAL):
        (folder / name).unlink(missing_ok=True)
    return Keyring.load(folder)


def renew_root(folder: Path, *, at: datetime, organisation: str = ORGANISATION) -> Path:
    """A new root beside the old ones, for where the old root key is lost; where its key lies.

    What was signed under an old root stays Trusted. The next certificate is issued by the new one.
    """
    ring, place = Keyring.load(folder), folder / OFFLINE_KEY
    if place.exists():
        raise KeyringUnusable("There is a root key already: move it away first.", field=OFFLINE_KEY)
    replace(folder / ROOT, create_root(place, organisation, at) + ring.root_pem)
    return place
