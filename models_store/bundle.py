"""A model bundle: a folder that is described by its manifest, signed, and checked file by file before it is used."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models_store import signing
from models_store.canonical import digest, file_digest
from models_store.card import card, card_zh
from models_store.errors import IntegrityFailure, InvalidInput
from models_store.facts import BundleFacts
from models_store.manifest import BundleManifest, FileEntry, read_manifest, write_manifest
from models_store.names import relative

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig.json"
PREDICATE_TYPE = "urn:kilnmark:bundle:1"
HARMLESS = frozenset({".onnx", ".data", ".safetensors", ".json", ".md", ".png"})  # nothing here runs when loaded


class BundleChanged(IntegrityFailure):
    """A file of the bundle is not as it was signed."""

    code = "bundle_changed"


def finish_bundle(folder: Path, facts: BundleFacts, sign: signing.Signer) -> str:
    """Write the cards, the manifest and its signature into the folder; returns the manifest's SHA-256, hex.

    Raises BundleChanged for a link or special file, InvalidInput for a kind of file that could run when loaded.
    """
    _files(folder)  # before anything is written: card.md may be a link that leads out
    (folder / "card.md").write_text(card(facts), encoding="utf-8")
    (folder / "card.zh.md").write_text(card_zh(facts), encoding="utf-8")
    files = {}
    for name, place in _files(folder).items():
        if name in {MANIFEST, SIGNATURE}:
            continue
        if place.suffix not in HARMLESS:
            raise InvalidInput(f"A bundle takes no {name}.", field="files", expected=sorted(HARMLESS), got=name)
        files[name] = FileEntry(sha256=file_digest(place), size=place.stat().st_size)
    made = facts.as_dict()
    for said_apart in ("rights", "purpose", "intended_use"):
        del made[said_apart]
    manifest = BundleManifest(
        files=files, made=made, rights=facts.rights, purpose=facts.purpose, intended_use=facts.intended_use
    )
    data = write_manifest(manifest)
    said = signing.statement({MANIFEST: digest(data)}, PREDICATE_TYPE, {"model": facts.model, "job": facts.job})
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).write_text(json.dumps(signing.sign_statement(said, sign)), encoding="utf-8")
    return digest(data)


def verify_bundle(folder: Path, public_key: Ed25519PublicKey) -> BundleManifest:
    """The manifest, once the signature and every file were checked; BundleChanged names the first file that differs."""
    present = _files(folder)
    for name in (MANIFEST, SIGNATURE):
        if name not in present:
            raise BundleChanged(f"{name} is missing.", field=name, expected="a file", got="nothing")
    manifest = _signed_manifest(present, public_key)
    for name, entry in sorted(manifest.files.items()):
        if name not in present:
            raise BundleChanged(f"{name} is missing.", field=name, expected=entry.sha256, got="nothing")
        size = present[name].stat().st_size
        found = file_digest(present[name]) if size == entry.size else f"{size} bytes"
        if found != entry.sha256:
            raise BundleChanged(f"{name} was changed.", field=name, expected=entry.sha256, got=found)
    if extra := sorted(present.keys() - manifest.files.keys() - {MANIFEST, SIGNATURE}):
        raise BundleChanged(
            f"{extra[0]} does not belong to the bundle.", field=extra[0], expected="nothing", got="a file"
        )
    return manifest


def signer_of(folder: Path) -> str:
    """The id of the key a bundle says it is signed with: which key to check it with, not yet that it holds."""
    try:
        named = json.loads((folder / SIGNATURE).read_bytes())["signatures"][0]["keyid"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as wrong:
        raise BundleChanged(f"{SIGNATURE} names no key.", field=SIGNATURE, got=str(wrong)) from wrong
    if not str(named).startswith("bundle-"):
        raise BundleChanged(f"{SIGNATURE} names a key that signs no bundles.", field=SIGNATURE, got=str(named))
    return str(named)


def _signed_manifest(present: dict[str, Path], public_key: Ed25519PublicKey) -> BundleManifest:
    try:
        envelope = json.loads(present[SIGNATURE].read_bytes())
        said = signing.verify_statement(envelope, public_key)
        signed = {subject["name"]: subject["digest"]["sha256"] for subject in said["subject"]}
    except (ValueError, KeyError, TypeError, signing.BadSignature) as wrong:
        raise BundleChanged(f"{SIGNATURE} does not hold a valid signature.", field=SIGNATURE, got=str(wrong)) from wrong
    data = present[MANIFEST].read_bytes()
    if said["predicateType"] != PREDICATE_TYPE or signed != {MANIFEST: digest(data)}:
        raise BundleChanged(f"{MANIFEST} was changed.", field=MANIFEST, expected=signed, got=digest(data))
    manifest = read_manifest(data)
    if not isinstance(manifest, BundleManifest):
        raise BundleChanged(f"{MANIFEST} is not the manifest of a bundle.", field=MANIFEST)
    return manifest


def _files(folder: Path) -> dict[str, Path]:
    """Every file below the folder by relative name; links and special files are refused, wherever they point."""
    found = {}
    for place in sorted(folder.rglob("*")):
        name = place.relative_to(folder).as_posix()
        if place.is_symlink() or not (place.is_dir() or place.is_file()):
            raise BundleChanged(f"{name} is no ordinary file.", field=name, expected="a file")
        if place.is_file():
            found[relative(name)] = place
    return found
