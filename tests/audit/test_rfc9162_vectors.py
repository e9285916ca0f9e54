"""Trees and proofs of the log are those of RFC 9162: of published vectors, and of the definitions written anew.

The vectors (leaves, hashes of all subtrees, proofs) are those that Certificate Transparency's implementations share:
github.com/transparency-dev/merkle, testonly/constants.go and testonly/reference_test.go.
"""

from __future__ import annotations

import random

import pytest
import rfc9162
from events import events

from audit import proofs, sequencer
from audit.models import AuditEvent
from models_store import merkle
from models_store.keys import Keyring

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
NODES = [
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ],
    [
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ],
    [
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    ["5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
]
ROOT_3 = "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
INCLUSION = {  # (index, size): nodes as (level, index)
    (0, 1): [],
    (0, 2): [(0, 1)],
    (1, 2): [(0, 0)],
    (2, 3): [(1, 0)],
    (1, 5): [(0, 0), (1, 1), (0, 4)],
    (0, 8): [(0, 1), (1, 1), (2, 1)],
    (5, 8): [(0, 4), (1, 3), (2, 0)],
}
CONSISTENCY = {  # (first, second)
    (1, 1): [],
    (1, 8): [(0, 1), (1, 1), (2, 1)],
    (2, 5): [(1, 1), (0, 4)],
    (6, 8): [(1, 2), (1, 3), (2, 0)],
}


def published(places: list[tuple[int, int]]) -> list[str]:
    return [NODES[level][index] for level, index in places]


def hexes(steps: list[bytes]) -> list[str]:
    return [step.hex() for step in steps]


def leaves(size: int, seed: int = 0) -> list[bytes]:
    """Leaves of any length and bytes, the empty one among them."""
    rng = random.Random(seed)
    return [rng.randbytes(rng.randrange(40)) for _ in range(size)]


def test_the_definitions_written_anew_give_the_published_hashes() -> None:
    assert rfc9162.mth(LEAVES[:3]).hex() == ROOT_3
    for level, row in enumerate(NODES):
        width = 1 << level
        assert [rfc9162.mth(LEAVES[place * width :][:width]).hex() for place in range(len(row))] == row


@pytest.mark.parametrize(("asked", "places"), INCLUSION.items(), ids=str)
def test_published_inclusion_proofs(asked: tuple[int, int], places: list[tuple[int, int]]) -> None:
    index, size = asked
    assert hexes(merkle.inclusion_proof(merkle.tree(LEAVES), index, size)) == published(places)
    assert hexes(rfc9162.path(index, LEAVES[:size])) == published(places)


@pytest.mark.parametrize(("asked", "places"), CONSISTENCY.items(), ids=str)
def test_published_consistency_proofs(asked: tuple[int, int], places: list[tuple[int, int]]) -> None:
    first, second = asked
    assert hexes(merkle.consistency_proof(merkle.tree(LEAVES), first, second)) == published(places)
    assert hexes(rfc9162.proof(first, LEAVES[:second])) == published(places)


def test_every_size_up_to_130_has_the_root_of_the_definition() -> None:
    data = leaves(130)
    node = merkle.tree(data)
    for size in range(131):
        assert merkle.root(node, size) == rfc9162.mth(data[:size]), size


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100, 127, 128, 129, 130])
def test_every_leaf_has_the_path_of_the_definition(size: int) -> None:
    data = leaves(size, seed=size)
    node, root = merkle.tree(data), rfc9162.mth(data)
    for index in range(size):
        path = rfc9162.path(index, data)
        assert merkle.inclusion_proof(node, index, size) == path
        assert merkle.verify_inclusion(merkle.leaf_hash(data[index]), index, size, path, root)


@pytest.mark.parametrize("second", [*range(1, 34), 64, 65, 129, 130])
def test_every_older_size_has_the_proof_of_the_definition(second: int) -> None:
    data = leaves(second, seed=-second)
    node, newer = merkle.tree(data), rfc9162.mth(data)
    for first in range(1, second + 1):
        path = rfc9162.proof(first, data)
        assert merkle.consistency_proof(node, first, second) == path
        assert merkle.verify_consistency(first, second, rfc9162.mth(data[:first]), newer, path)


@pytest.mark.parametrize("seed", range(12))
def test_random_large_trees_agree_with_the_definition(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.randrange(131, 1500)
    data = leaves(size, seed)
    node, index, first = merkle.tree(data), rng.randrange(size), rng.randrange(1, size)
    assert merkle.root(node, size) == rfc9162.mth(data)
    assert merkle.inclusion_proof(node, index, size) == rfc9162.path(index, data)
    assert merkle.consistency_proof(node, first, size) == rfc9162.proof(first, data)


@pytest.mark.django_db
def test_the_stored_log_gives_the_roots_and_proofs_of_the_definition(keyring: Keyring) -> None:
    for count in (1, 4, 8, 10):
        events(count)
        sequencer.sequence()
        sequencer.sign_head(keyring)
    data = [bytes(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf", flat=True)]
    for index in range(23):
        proof = proofs.inclusion(index)
        assert proof["path"] == hexes(rfc9162.path(index, data))
        assert proof["head"]["root"] == rfc9162.mth(data).hex()
    for first in range(1, 24):
        assert proofs.consistency(first)["path"] == hexes(rfc9162.proof(first, data))
