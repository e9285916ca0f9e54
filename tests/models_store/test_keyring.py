"""Keys are separate, private, made once, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from models_store import signing
from models_store.key_files import KeyringUnusable
from models_store.key_rotation import rotate
from models_store.keys import Keyring, create_keyring, job_mark_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_making_it_twice_changes_nothing(folder: Path):
    first, second = create_keyring(folder), create_keyring(folder)
    assert first.project_mark_key("p") == second.project_mark_key("p")
    assert (first.log.key_id, first.bundle.key_id) == (second.log.key_id, second.bundle.key_id)
    assert first.credential_chain_pem == second.credential_chain_pem


def test_the_folder_and_its_files_belong_to_their_owner_alone(folder: Path):
    create_keyring(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize("name", [".", "marks-master.hex", "log-ed25519.pem", "credential-es256.pem"])
def test_a_keyring_that_others_can_read_is_refused(folder: Path, name: str):
    create_keyring(folder)
    place = folder / name
    place.chmod(place.stat().st_mode | 0o040)
    with pytest.raises(KeyringUnusable, match="Others can read"):
        Keyring.load(folder)


def test_a_missing_key_is_named(folder: Path):
    create_keyring(folder)
    (folder / "bundle-ed25519.pem").unlink()
    with pytest.raises(KeyringUnusable) as said:
        Keyring.load(folder)
    assert said.value.field == "bundle-ed25519.pem"


@pytest.mark.parametrize("name", ["log-ed25519.pem", "marks-master.hex", "retired.json"])
def test_a_damaged_file_is_no_traceback_of_a_library(folder: Path, name: str):
    create_keyring(folder)
    (folder / name).write_text("not a key")
    with pytest.raises(KeyringUnusable):
        Keyring.load(folder)


def test_no_secret_is_printed(folder: Path):
    ring = create_keyring(folder)
    shown = repr(ring) + str(ring) + repr(ring.log)
    assert (folder / "marks-master.hex").read_text() not in shown
    assert "PRIVATE" not in shown
    assert "_marks_master" not in shown


def test_mark_keys_differ_by_project_and_by_job(folder: Path):
    ring = create_keyring(folder)
    keys = {job_mark_key(ring.project_mark_key(project), job) for project in ("p", "q") for job in ("a", "b")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}


def test_two_keyrings_share_no_key(tmp_path: Path):
    one, two = create_keyring(tmp_path / "one"), create_keyring(tmp_path / "two")
    assert one.project_mark_key("p") != two.project_mark_key("p")
    assert len({one.log.key_id, one.bundle.key_id, two.log.key_id, two.bundle.key_id}) == 4


def test_a_job_key_is_the_expansion_of_rfc_5869():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    expand = HKDFExpand(algorithm=hashes.SHA256(), length=32, info=b"kilnmark/marks/job/1\x00j")
    assert job_mark_key(b"k" * 32, "j") == expand.derive(b"k" * 32)


def test_a_retired_key_still_verifies_what_it_signed(folder: Path):
    old = create_keyring(folder)
    signature = old.log.sign(b"head")
    new = rotate(folder, "log")
    assert new.log.key_id != old.log.key_id
    assert new.bundle.key_id == old.bundle.key_id
    signing.verify(new.public_key(old.log.key_id), b"head", signature)


def test_an_unknown_key_id_is_named(folder: Path):
    with pytest.raises(KeyringUnusable) as said:
        create_keyring(folder).public_key("log-0000")
    assert said.value.got == "log-0000"


def test_the_root_key_may_be_moved_away(folder: Path):
    before = create_keyring(folder)
    for file in (folder / "offline").iterdir():
        file.unlink()
    (folder / "offline").rmdir()
    assert create_keyring(folder).root_pem == before.root_pem


def test_without_the_root_key_no_new_certificate_is_made(folder: Path):
    create_keyring(folder)
    (folder / "offline" / "root-key.pem").unlink()
    (folder / "credential-chain.pem").unlink()
    with pytest.raises(KeyringUnusable, match="moved away"):
        create_keyring(folder)


def test_es256_is_r_and_s_in_64_bytes():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    key = ec.generate_private_key(ec.SECP256R1())
    raw = signing.sign_es256(key, b"claim")
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.public_key().verify(der, b"claim", ec.ECDSA(hashes.SHA256()))
