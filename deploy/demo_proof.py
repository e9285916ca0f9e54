"""Checks a log proof with nothing of the platform: SHA-256, the RFC 9162 rules and one Ed25519 signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from deploy.errors import StepFailed


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 9162 section 2.1.1: SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def leads_to(leaf: bytes, index: int, size: int, path: Sequence[str], root: str) -> bool:
    """Whether the leaf hash at `index` of `size` leads along the path (hex) to the root (hex); section 2.1.3.2."""
    place, last, found = index, size - 1, leaf
    for step in map(bytes.fromhex, path):
        if last == 0:
            return False
        if place % 2 or place == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        place, last = place // 2, last // 2
    return 0 <= index < size and last == 0 and found.hex() == root


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for what proofs hold: ASCII keys, strings and small whole numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check_head(head: Mapping[str, Any], public_pem: str) -> None:
    """Raise StepFailed unless the log's key signed size, root and time of this head."""
    public = load_pem_public_key(public_pem.encode())
    if not isinstance(public, Ed25519PublicKey):
        raise StepFailed("The log's public key is no Ed25519 key.")
    said = {"schema": "kilnmark/tree-head", "version": 1, **{name: head[name] for name in ("size", "root", "at")}}
    try:
        public.verify(bytes.fromhex(head["signature"]), canonical(said))
    except InvalidSignature as wrong:
        raise StepFailed("The signature of the tree head does not fit.", got=head.get("key_id")) from wrong


def check_artifact(proof: Mapping[str, Any], sha256: str, public_pem: str) -> None:
    """Raise StepFailed unless the file with this digest stands below a root that the log's key signed.

    The way: item -> root over its chunk -> leaf of the log -> root of the tree -> signature.
    """
    log, item = proof["log"], proof["item"]
    if item["sha256"] != sha256:
        raise StepFailed("The proof speaks of another file.", expected=sha256, got=item["sha256"])
    chunk_root = json.loads(log["leaf"])["items_root"]
    if not leads_to(leaf_hash(canonical(item)), proof["position"], proof["items"], proof["path"], chunk_root):
        raise StepFailed("The proof does not lead from the file to its leaf of the log.")
    head = log["head"]
    if not leads_to(leaf_hash(log["leaf"].encode()), log["index"], head["size"], log["path"], head["root"]):
        raise StepFailed("The proof does not lead from the leaf to the root of the log.")
    check_head(head, public_pem)
