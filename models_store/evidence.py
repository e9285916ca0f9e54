"""What a log proof says and how anyone checks it, without the platform: heads, chunks, and proofs of artifacts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models_store import merkle, signing
from models_store.canonical import canonical
from models_store.errors import IntegrityFailure, InvalidInput


class ProofFails(IntegrityFailure):
    """The proof does not lead from the leaf to the signed root."""

    code = "proof_fails"


@contextmanager
def _well_formed() -> Iterator[None]:
    """A proof comes from anywhere: one that lacks a part, or has one of another type, fails like a wrong one."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as wrong:
        raise ProofFails("This is no proof of that kind.", got=f"{type(wrong).__name__}: {wrong}") from wrong


def head_bytes(*, size: int, root: str, at: str) -> bytes:
    """What the log key signs: tree size, root (hex) and time (ISO 8601)."""
    return canonical({"schema": "kilnmark/tree-head", "version": 1, "size": size, "root": root, "at": at})


def chunk(items: Sequence[Mapping[str, Any]]) -> tuple[str, Callable[[int], list[str]]]:
    """One Merkle tree over a chunk of items: its root (hex) and a function from a position to its path (hex).

    The root goes into one log leaf as `items_root`, so that a thousand artifacts cost the log one event.
    """
    if not items:
        raise InvalidInput("A chunk holds at least one item.", field="items", expected="1 or more", got=0)
    node = merkle.tree(canonical(dict(item)) for item in items)
    size = len(items)

    def item_proof(position: int) -> list[str]:
        return [step.hex() for step in merkle.inclusion_proof(node, position, size)]

    return merkle.root(node, size).hex(), item_proof


def artifact(items: Sequence[Mapping[str, Any]], position: int, log: Mapping[str, Any]) -> dict[str, Any]:
    """The proof of one item of a chunk: its path in the chunk, and the log proof of the chunk's leaf."""
    root, item_proof = chunk(items)
    said = json.loads(log["leaf"]).get("items_root")
    if said != root:
        raise ProofFails("The items are not those the log leaf speaks of.", field="items_root", expected=said, got=root)
    path = item_proof(position)
    return {"item": dict(items[position]), "position": position, "items": len(items), "path": path, "log": dict(log)}


@_well_formed()
def check_head(head: Mapping[str, Any], public: Ed25519PublicKey) -> None:
    """Raise BadSignature unless the log key signed this head."""
    said = head_bytes(size=head["size"], root=head["root"], at=head["at"])
    signing.verify(public, said, bytes.fromhex(head["signature"]))


@_well_formed()
def check_inclusion(proof: Mapping[str, Any], public: Ed25519PublicKey) -> dict[str, Any]:
    """The leaf as JSON, once its path leads to the root of a head that the log key signed."""
    head = proof["head"]
    check_head(head, public)
    leaf = proof["leaf"].encode()
    path = [bytes.fromhex(step) for step in proof["path"]]
    held = proof["tree_size"] == head["size"] and merkle.verify_inclusion(
        merkle.leaf_hash(leaf), proof["index"], head["size"], path, bytes.fromhex(head["root"])
    )
    if not held:
        raise ProofFails()
    return json.loads(leaf)


@_well_formed()
def check_artifact(proof: Mapping[str, Any], public: Ed25519PublicKey) -> dict[str, Any]:
    """The log leaf as JSON, once the item's path leads to its `items_root` and the leaf's path to a signed root."""
    leaf = check_inclusion(proof["log"], public)
    item = merkle.leaf_hash(canonical(dict(proof["item"])))
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = bytes.fromhex(leaf.get("items_root") or "")
    if not merkle.verify_inclusion(item, proof["position"], proof["items"], path, root):
        raise ProofFails("The item is not in the chunk that the log leaf speaks of.")
    return leaf


@_well_formed()
def check_consistency(proof: Mapping[str, Any], older: Mapping[str, Any], newer: Mapping[str, Any]) -> None:
    """Raise ProofFails unless the tree of the newer head begins with the tree of the older one."""
    path = [bytes.fromhex(step) for step in proof["path"]]
    roots = bytes.fromhex(older["root"]), bytes.fromhex(newer["root"])
    if not merkle.verify_consistency(older["size"], newer["size"], *roots, path):
        raise ProofFails("The newer tree does not begin with the older one: the past was rewritten.")
