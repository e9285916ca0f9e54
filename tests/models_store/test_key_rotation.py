"""A new credential key each year: old files stay Trusted, and no other root passes for ours."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models_store import certificates
from models_store.key_files import KeyringUnusable, private_pem
from models_store.key_rotation import renew_root, rotate_credential
from models_store.keys import CHAIN, OFFLINE_KEY, Keyring, create_keyring
from models_store.signing import sign_es256
from tests.marks.marked import digits, encoded, release_order
from workers.marks.c2pa_credential import Credentials, read
from workers.marks.c2pa_origin import SigningFailed

NOW = datetime.now(UTC)
PNG = encoded(digits(1, 32)[0], "PNG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_keyring(tmp_path / "keys", at=NOW - timedelta(days=364))
    return tmp_path / "keys"


def signed(ring: Keyring) -> bytes:
    chain = ring.credential_chain_pem
    made = Credentials(chain, partial(sign_es256, ring.credential))
    return made.attach(PNG, "image/png", release_order(chain), 0, None).data


def state(file: bytes, ring: Keyring) -> str:
    return str(read(file, "image/png", ring.root_pem)["state"])


def test_files_of_the_old_key_and_of_the_new_one_are_trusted(folder: Path):
    before = Keyring.load(folder)
    old = signed(before)
    after = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    assert after.credential_id != before.credential_id
    assert [state(old, after), state(signed(after), after)] == ["Trusted", "Trusted"]


def test_the_old_chain_is_kept_and_the_old_private_key_is_not(folder: Path):
    before = Keyring.load(folder)
    after = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    assert after.retired_chains == {before.credential_id: before.credential_chain_pem}
    assert [place.name for place in folder.glob("credential-*.pem")].count(f"{after.credential_id}.pem") == 1
    assert not (folder / "credential-es256.pem").exists()
    again = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    assert set(again.retired_chains) == {before.credential_id, after.credential_id}
    assert not (folder / f"{after.credential_id}.pem").exists()


def test_the_year_of_use_begins_anew(folder: Path):
    left = Keyring.load(folder).credential_until - NOW
    after = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW).credential_until - NOW
    second = timedelta(seconds=1)  # certificates know no shorter time
    assert (abs(left - timedelta(days=1)) <= second, abs(after - timedelta(days=365)) <= second) == (True, True)


def test_the_root_key_may_come_from_a_medium_of_its_own(folder: Path, tmp_path: Path):
    shutil.move(folder / "offline", tmp_path / "medium")
    with pytest.raises(KeyringUnusable, match="bring it back"):
        rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    assert rotate_credential(folder, tmp_path / "medium" / "root-key.pem", at=NOW).credential is not None


def test_another_root_key_issues_nothing(folder: Path, tmp_path: Path):
    before = (folder / CHAIN).read_text()
    (tmp_path / "other.pem").write_text(private_pem(certificates.new_key()))
    with pytest.raises(KeyringUnusable, match="not that of the root"):
        rotate_credential(folder, tmp_path / "other.pem", at=NOW)
    assert (folder / CHAIN).read_text() == before


def test_a_key_gets_one_certificate(folder: Path):
    ring = Keyring.load(folder)
    assert ring.credential is not None
    with pytest.raises(KeyringUnusable, match="had its certificate"):
        rotate_credential(folder, folder / OFFLINE_KEY, at=NOW, held=ring.credential.public_key())


def test_a_new_root_leaves_what_the_lost_one_signed_trusted(folder: Path, tmp_path: Path):
    old = signed(Keyring.load(folder))
    shutil.move(folder / "offline", tmp_path / "lost")
    renew_root(folder, at=NOW)
    after = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    assert [state(old, after), state(signed(after), after)] == ["Trusted", "Trusted"]


def test_an_interrupted_rotation_leaves_the_old_key_in_use(folder: Path, monkeypatch: pytest.MonkeyPatch):
    from models_store import key_rotation

    before, write = Keyring.load(folder), key_rotation.replace

    def pulled(place: Path, text: str) -> None:
        if place.name == CHAIN:
            raise OSError("the plug was pulled")
        write(place, text)

    monkeypatch.setattr(key_rotation, "replace", pulled)
    with pytest.raises(OSError, match="plug"):
        rotate_credential(folder, folder / OFFLINE_KEY, at=NOW)
    monkeypatch.undo()
    assert Keyring.load(folder).credential_id == before.credential_id
    assert state(signed(Keyring.load(folder)), before) == "Trusted"
    assert rotate_credential(folder, folder / OFFLINE_KEY, at=NOW).credential is not None


def test_nothing_is_signed_under_a_leaf_that_has_expired(tmp_path: Path):
    ring = create_keyring(tmp_path / "old", at=NOW - timedelta(days=10 * 365 + 2))
    with pytest.raises(SigningFailed, match="not valid"):
        signed(ring)


def test_a_file_is_trusted_until_its_leaf_expires_and_not_after(tmp_path: Path):
    life = certificates.LEAF_LIFETIME
    ring = create_keyring(tmp_path / "old", at=datetime.now(UTC) - life + timedelta(seconds=3))
    file = signed(ring)
    assert state(file, ring) == "Trusted"
    ends = x509.load_pem_x509_certificate(ring.credential_chain_pem.encode()).not_valid_after_utc
    while datetime.now(UTC) <= ends + timedelta(seconds=1):
        time.sleep(0.05)
    assert state(file, ring) == "Invalid"


def test_a_leaf_of_ours_issues_no_other_leaf(folder: Path):
    ring, key = Keyring.load(folder), certificates.new_key()
    assert ring.credential is not None
    leaf = x509.load_pem_x509_certificate(ring.credential_chain_pem.encode())
    below = certificates.issue_leaf(key.public_key(), "Kilnmark", leaf, ring.credential, NOW)
    chain = below.public_bytes(Encoding.PEM).decode() + ring.credential_chain_pem
    file = Credentials(chain, partial(sign_es256, key)).attach(PNG, "image/png", release_order(chain), 0, None).data
    assert state(file, ring) != "Trusted"
