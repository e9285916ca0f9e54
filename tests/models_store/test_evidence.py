"""Proofs are checked with nothing but themselves and the public log key."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models_store import merkle
from models_store.canonical import canonical
from models_store.errors import InvalidInput
from models_store.evidence import (
    ProofFails,
    artifact,
    check_artifact,
    check_consistency,
    check_inclusion,
    chunk,
    head_bytes,
)
from models_store.signing import BadSignature, SigningKey

KEY = SigningKey("log-1", Ed25519PrivateKey.from_private_bytes(b"l" * 32))
ITEMS = [{"index": index, "sha256": f"{index:064x}"} for index in range(5)]


def log(index: int = 2, size: int = 4) -> tuple[list[bytes], dict[str, Any]]:
    """A log whose leaf `index` covers ITEMS, and the proof of that leaf."""
    leaves = [canonical({"v": 1, "n": n}) for n in range(size)]
    leaves[index] = canonical({"v": 1, "items_root": chunk(ITEMS)[0]})
    node = merkle.tree(leaves)
    head: dict[str, Any] = {"size": size, "root": merkle.root(node, size).hex(), "at": "2026-01-01T00:00:00+00:00"}
    head |= {"signature": KEY.sign(head_bytes(**head)).hex(), "key_id": KEY.key_id}
    path = [step.hex() for step in merkle.inclusion_proof(node, index, size)]
    return leaves, {"index": index, "tree_size": size, "leaf": leaves[index].decode(), "path": path, "head": head}


@pytest.mark.parametrize("position", range(5))
def test_every_item_of_a_chunk_is_proven(position: int):
    leaf = check_artifact(artifact(ITEMS, position, log()[1]), KEY.public)
    assert leaf["items_root"] == chunk(ITEMS)[0]


def test_an_item_that_was_changed_is_not_proven():
    proof = artifact(ITEMS, 1, log()[1])
    proof["item"] = proof["item"] | {"sha256": "f" * 64}
    with pytest.raises(ProofFails):
        check_artifact(proof, KEY.public)


def test_items_that_are_not_those_of_the_leaf_get_no_proof():
    with pytest.raises(ProofFails):
        artifact(ITEMS[:4], 1, log()[1])


def test_a_leaf_that_covers_no_items_proves_none():
    proof = artifact(ITEMS, 1, log()[1])
    leaves, plain = log()
    node = merkle.tree(leaves)
    other = plain | {"index": 0, "leaf": leaves[0].decode()}
    other["path"] = [step.hex() for step in merkle.inclusion_proof(node, 0, 4)]
    with pytest.raises(ProofFails):
        check_artifact(proof | {"log": other}, KEY.public)


@pytest.mark.parametrize(("part", "value"), [("size", 3), ("root", "0" * 64), ("at", "2025-01-01T00:00:00+00:00")])
def test_a_head_that_was_changed_is_not_believed(part: str, value: object):
    proof = copy.deepcopy(log()[1])
    proof["head"][part] = value
    with pytest.raises(BadSignature):
        check_inclusion(proof, KEY.public)


@pytest.mark.parametrize(("part", "value"), [("leaf", "{}"), ("index", 1), ("tree_size", 3), ("path", [])])
def test_a_proof_that_was_changed_fails(part: str, value: object):
    with pytest.raises(ProofFails):
        check_inclusion(log()[1] | {part: value}, KEY.public)


@pytest.mark.parametrize("broken", [{}, {"head": None}, {"path": ["zz"]}, {"path": 3}, {"index": "2"}, {"leaf": None}])
def test_what_is_no_proof_fails_like_a_wrong_one(broken: dict[str, Any]):
    with pytest.raises(ProofFails):
        check_inclusion(log()[1] | broken if broken else broken, KEY.public)


def test_a_head_of_another_log_is_not_believed():
    with pytest.raises(BadSignature):
        check_inclusion(log()[1], Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key())


def test_a_rewritten_past_fails_against_an_older_head():
    before, newer = log(size=8)
    older_root = merkle.root_of([*before[:1], b"rewritten", *before[2:5]])
    path = [step.hex() for step in merkle.consistency_proof(merkle.tree(before), 5, 8)]
    with pytest.raises(ProofFails, match="rewritten"):
        check_consistency({"path": path}, {"size": 5, "root": older_root.hex()}, newer["head"])


def test_a_chunk_holds_at_least_one_item():
    with pytest.raises(InvalidInput):
        chunk([])
