"""Keys that lie elsewhere: a token (SoftHSM, where it is installed) and a module of the operator's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from models_store import signers
from models_store.key_files import KeyringUnusable
from models_store.key_rotation import rotate_credential
from models_store.keys import OFFLINE_KEY, Keyring, create_keyring
from models_store.signers import CredentialSigner, InFile, credential_signer, held_elsewhere
from tests.marks.marked import PlainPng, digits, release_order
from workers.engine.release import release
from workers.marks import c2pa_credential

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((place for place in MODULES if Path(place).exists()), "")
NOW = datetime.now(UTC)


def fits(signer: CredentialSigner, data: bytes, raw: bytes) -> None:
    """Raises unless r || s is the key's ES256 signature over the data."""
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    signer.public.verify(der, data, ec.ECDSA(hashes.SHA256()))


def test_a_file_is_the_signer_where_nothing_else_is_said(tmp_path: Path):
    ring = create_keyring(tmp_path / "keys")
    signer = credential_signer("file", ring)
    fits(signer, b"claim", signer.sign(b"claim"))
    assert "PRIVATE" not in repr(signer)


def test_a_key_that_was_taken_out_of_the_keyring_is_missed_by_its_id(tmp_path: Path):
    ring = create_keyring(tmp_path / "keys")
    (tmp_path / "keys" / "credential-es256.pem").unlink()
    with pytest.raises(KeyringUnusable) as said:
        credential_signer("file", Keyring.load(tmp_path / "keys"))
    assert said.value.field == ring.credential_id


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> InFile:
    """What an operator's own module returns: here a key in memory."""
    made = InFile(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "our_kms.py").write_text("signer = None\n\ndef connect():\n    return signer\n")
    monkeypatch.syspath_prepend(tmp_path)
    import our_kms  # type: ignore[import-not-found]

    our_kms.signer = made
    signers.held_elsewhere.cache_clear()
    yield made
    signers.held_elsewhere.cache_clear()
    sys.modules.pop("our_kms")


def test_a_module_of_the_operator_signs_once_its_key_has_a_certificate(service: InFile, tmp_path: Path):
    folder = tmp_path / "keys"
    ring = create_keyring(folder)
    with pytest.raises(KeyringUnusable, match="rotate_keys credential"):
        credential_signer("our_kms:connect", ring)
    after = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW, held=held_elsewhere("our_kms:connect").public)
    assert after.credential is None
    assert credential_signer("our_kms:connect", after) is service


@pytest.mark.parametrize("where", ["no_such_module:connect", "json:no_such_function", ":", "json"])
def test_a_module_that_is_not_there_is_said_in_words(where: str, tmp_path: Path):
    with pytest.raises(KeyringUnusable, match="no such signer"):
        held_elsewhere(where)


def test_a_uri_that_lacks_a_part_names_it():
    pkcs11_signer = pytest.importorskip("models_store.pkcs11_signer", reason="python-pkcs11 is not installed here")
    with pytest.raises(KeyringUnusable, match="pin-source"):
        pkcs11_signer.parts("pkcs11:token=a;object=b?module-path=/x.so")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A SoftHSM token with one P-256 key pair; its URI."""
    tool = shutil.which("softhsm2-util")
    if not MODULE or not tool:
        pytest.skip("SoftHSM (softhsm2) is not installed here")
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed here")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    words = ["--init-token", "--free", "--label", "kilnmark", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run([tool, *words], check=True, capture_output=True)
    private = tmp_path / "pin"
    private.mkdir(mode=0o700)
    (private / "pin").touch(mode=0o600)
    (private / "pin").write_text("1234\n")
    library = pkcs11.lib(MODULE)
    library.reinitialize()
    with library.get_token(token_label="kilnmark").open(rw=True, user_pin="1234") as session:
        named = {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")}
        session.create_domain_parameters(pkcs11.KeyType.EC, named, local=True).generate_keypair(
            store=True, label="credential-1"
        )
    signers.held_elsewhere.cache_clear()
    yield f"pkcs11:token=kilnmark;object=credential-1?module-path={MODULE}&pin-source=file:{private}/pin"
    signers.held_elsewhere.cache_clear()


def test_a_file_signed_by_a_token_is_trusted(token: str, tmp_path: Path):
    folder = tmp_path / "keys"
    create_keyring(folder)
    ring = rotate_credential(folder, folder / OFFLINE_KEY, at=NOW, held=held_elsewhere(token).public)
    assert (ring.credential, (folder / "credential-es256.pem").exists()) == (None, False)
    signer, order = credential_signer(token, ring), release_order(ring.credential_chain_pem)
    out = release(digits(1, 32)[0], 0, order, modality=PlainPng(), mark_key=b"k" * 32, sign=signer.sign)
    assert c2pa_credential.read(out.data, "image/png", ring.root_pem)["state"] == "Trusted"


def test_several_threads_may_ask_a_token_at_once(token: str):
    signer = held_elsewhere(token)
    claims = [f"claim {number}".encode() for number in range(20)]
    with ThreadPoolExecutor(4) as threads:
        for claim, raw in zip(claims, threads.map(signer.sign, claims), strict=True):
            fits(signer, claim, raw)


def test_a_pin_that_others_can_read_is_refused(token: str, tmp_path: Path):
    (tmp_path / "pin" / "pin").chmod(0o644)
    with pytest.raises(KeyringUnusable, match="Others can read"):
        held_elsewhere(token)


def test_a_token_without_that_key_is_said_in_words(token: str):
    with pytest.raises(KeyringUnusable, match="token cannot be used"):
        held_elsewhere(token.replace("credential-1", "credential-2"))
