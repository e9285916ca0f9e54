"""A bundle verifies as it was signed, and any change names its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from facts_builder import facts

from models_store.bundle import BundleChanged, finish_bundle, signer_of, verify_bundle
from models_store.canonical import file_digest
from models_store.errors import InvalidInput
from models_store.signing import SigningKey

KEY = SigningKey("bundle-1", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "bundle"
    (place / "model").mkdir(parents=True)
    (place / "model" / "generator.onnx").write_bytes(b"graph")
    (place / "weights.safetensors").write_bytes(b"weights")
    (place / "metrics.json").write_text("{}")
    return place


@pytest.fixture
def bundle(folder: Path) -> Path:
    finish_bundle(folder, facts(), KEY)
    return folder


def test_a_finished_bundle_verifies_and_lists_every_other_file(bundle: Path):
    manifest = verify_bundle(bundle, KEY.public)
    assert sorted(manifest.files) == [
        "card.md",
        "card.zh.md",
        "metrics.json",
        "model/generator.onnx",
        "weights.safetensors",
    ]
    assert manifest.rights.owner == "Ceramics Ltd"
    assert manifest.made["family"] == "dcgan"


def test_its_address_is_the_digest_of_its_manifest(folder: Path):
    assert finish_bundle(folder, facts(), KEY) == file_digest(folder / "manifest.json")


def test_finishing_it_again_gives_the_same_bundle(bundle: Path):
    before = file_digest(bundle / "manifest.json")
    assert finish_bundle(bundle, facts(), KEY) == before


def test_it_can_be_moved(bundle: Path, tmp_path: Path):
    moved = bundle.rename(tmp_path / "elsewhere")
    verify_bundle(moved, KEY.public)
    assert str(tmp_path) not in (moved / "manifest.json").read_text()


@pytest.mark.parametrize(
    "name", ["model/generator.onnx", "weights.safetensors", "metrics.json", "card.md", "card.zh.md", "manifest.json"]
)
def test_a_changed_file_is_named(bundle: Path, name: str):
    data = bytearray((bundle / name).read_bytes())
    data[-1] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == name


@pytest.mark.parametrize("name", ["model/generator.onnx", "card.md", "manifest.json", "manifest.sig.json"])
def test_a_missing_file_is_named(bundle: Path, name: str):
    (bundle / name).unlink()
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == name


def test_an_extra_file_is_named(bundle: Path):
    (bundle / "model" / "extra.json").write_text("{}")
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == "model/extra.json"


def test_a_link_is_no_file_of_a_bundle(bundle: Path, tmp_path: Path):
    (tmp_path / "outside.onnx").write_bytes(b"graph")
    (bundle / "model" / "generator.onnx").unlink()
    (bundle / "model" / "generator.onnx").symlink_to(tmp_path / "outside.onnx")
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == "model/generator.onnx"


def test_a_card_is_not_written_through_a_link(folder: Path, tmp_path: Path):
    (tmp_path / "outside.md").write_text("mine")
    (folder / "card.md").symlink_to(tmp_path / "outside.md")
    with pytest.raises(BundleChanged):
        finish_bundle(folder, facts(), KEY)
    assert (tmp_path / "outside.md").read_text() == "mine"


def test_another_key_did_not_sign_it(bundle: Path):
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, OTHER)
    assert said.value.field == "manifest.sig.json"


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "{"])
def test_a_broken_signature_file_is_named(bundle: Path, text: str):
    (bundle / "manifest.sig.json").write_text(text)
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == "manifest.sig.json"


def test_the_signature_of_another_bundle_does_not_fit(bundle: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    finish_bundle(other, facts(model="other"), KEY)
    (other / "manifest.sig.json").replace(bundle / "manifest.sig.json")
    with pytest.raises(BundleChanged) as said:
        verify_bundle(bundle, KEY.public)
    assert said.value.field == "manifest.json"


@pytest.mark.parametrize("name", ["weights.pt", "model.pkl", "run.py", "noname"])
def test_nothing_that_could_run_goes_into_a_bundle(folder: Path, name: str):
    (folder / name).write_bytes(b"x")
    with pytest.raises(InvalidInput) as said:
        finish_bundle(folder, facts(), KEY)
    assert said.value.got == name


def test_the_signature_is_an_envelope_that_names_its_key(bundle: Path):
    envelope = json.loads((bundle / "manifest.sig.json").read_text())
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert envelope["signatures"][0]["keyid"] == KEY.key_id


def test_it_names_the_key_to_check_it_with(bundle: Path):
    assert signer_of(bundle) == KEY.key_id


def test_a_key_of_another_purpose_is_not_asked_for(folder: Path):
    finish_bundle(folder, facts(), SigningKey("log-1", Ed25519PrivateKey.from_private_bytes(b"k" * 32)))
    with pytest.raises(BundleChanged) as refused:
        signer_of(folder)
    assert refused.value.got == "log-1"
