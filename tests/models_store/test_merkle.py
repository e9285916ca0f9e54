"""RFC 9162: known roots and paths, and laws against the definition written down naively."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store import merkle
from models_store.errors import InvalidInput

# the leaves and roots that implementations of RFC 6962 share
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [b"%d" % index for index in range(size)]


def naive_root(data: list[bytes]) -> bytes:
    """Section 2.1.1 as it stands."""
    if len(data) < 2:
        return merkle.leaf_hash(data[0]) if data else merkle.EMPTY_ROOT
    k = naive_split(len(data))
    return merkle.node_hash(naive_root(data[:k]), naive_root(data[k:]))


def naive_path(index: int, data: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1 as it stands."""
    if len(data) == 1:
        return []
    k = naive_split(len(data))
    if index < k:
        return [*naive_path(index, data[:k]), naive_root(data[k:])]
    return [*naive_path(index - k, data[k:]), naive_root(data[:k])]


def naive_subproof(first: int, data: list[bytes], whole: bool) -> list[bytes]:
    """Section 2.1.4.1 as it stands."""
    if first == len(data):
        return [] if whole else [naive_root(data)]
    k = naive_split(len(data))
    if first <= k:
        return [*naive_subproof(first, data[:k], whole), naive_root(data[k:])]
    return [*naive_subproof(first - k, data[k:], False), naive_root(data[:k])]


def naive_split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int):
    assert merkle.root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_a_known_inclusion_path():
    path = merkle.inclusion_proof(merkle.tree(LEAVES), 5, 8)
    assert [step.hex() for step in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[4],
    ]


def test_a_known_consistency_path():
    path = merkle.consistency_proof(merkle.tree(LEAVES), 1, 8)
    assert [step.hex() for step in path] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@given(sizes)
def test_the_root_is_that_of_the_definition(size: int):
    assert merkle.root_of(leaves(size)) == naive_root(leaves(size))


@given(st.data(), sizes)
def test_every_leaf_is_proven_by_the_path_of_the_definition(data: st.DataObject, size: int):
    index = data.draw(st.integers(0, size - 1))
    all_leaves = leaves(size)
    path = merkle.inclusion_proof(merkle.tree(all_leaves), index, size)
    assert path == naive_path(index, all_leaves)
    assert merkle.verify_inclusion(merkle.leaf_hash(all_leaves[index]), index, size, path, naive_root(all_leaves))


@given(st.data(), sizes)
def test_an_older_tree_is_proven_by_the_path_of_the_definition(data: st.DataObject, second: int):
    first = data.draw(st.integers(1, second))
    all_leaves = leaves(second)
    path = merkle.consistency_proof(merkle.tree(all_leaves), first, second)
    assert path == naive_subproof(first, all_leaves, True)
    older, newer = naive_root(all_leaves[:first]), naive_root(all_leaves)
    assert merkle.verify_consistency(first, second, older, newer, path)


@given(st.data(), st.integers(2, 70))
def test_a_path_proves_no_other_leaf_index_or_root(data: st.DataObject, size: int):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda drawn: drawn != index))
    all_leaves = leaves(size)
    node, root = merkle.tree(all_leaves), naive_root(all_leaves)
    path, leaf = merkle.inclusion_proof(node, index, size), merkle.leaf_hash(all_leaves[index])
    assert not merkle.verify_inclusion(merkle.leaf_hash(all_leaves[other]), index, size, path, root)
    assert not merkle.verify_inclusion(leaf, other, size, path, root)
    assert not merkle.verify_inclusion(leaf, index, size, path, naive_root(all_leaves[:-1]))
    assert not merkle.verify_inclusion(leaf, index, size, path[:-1], root)
    assert not merkle.verify_inclusion(leaf, index, size, [*path, root], root)


@given(st.data(), st.integers(2, 70))
def test_a_rewritten_leaf_breaks_consistency_with_every_head_that_held_it(data: st.DataObject, size: int):
    rewritten = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(rewritten + 1, size))
    before, after = leaves(size), leaves(size)
    after[rewritten] = b"something else"
    path = merkle.consistency_proof(merkle.tree(after), first, size)
    assert not merkle.verify_consistency(first, size, naive_root(before[:first]), naive_root(after), path)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_growing_by_the_right_edge_alone_builds_the_tree_of_one_batch(batches: list[int]):
    size, grown = 0, dict[tuple[int, int], bytes]()
    for more in batches:
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves(size + more)[size:]]
        edge = {place: grown[place] for place in merkle.places(partial(merkle.root, size=size))}
        grown |= merkle.grow(partial(look_up, edge), size, hashes)
        size += more
    assert grown == merkle.grow(lambda *_: b"", 0, [merkle.leaf_hash(leaf) for leaf in leaves(size)])


def look_up(nodes: dict[tuple[int, int], bytes], level: int, index: int) -> bytes:
    return nodes[level, index]


@given(st.data(), st.integers(2, 1_000_000))
def test_a_proof_reads_a_logarithm_of_the_tree(data: st.DataObject, size: int):
    index = data.draw(st.integers(0, size - 1))
    most = size.bit_length()
    assert len(merkle.places(lambda node: merkle.inclusion_proof(node, index, size))) <= 2 * most
    assert len(merkle.places(lambda node: merkle.consistency_proof(node, index, size))) <= 2 * most


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int):
    with pytest.raises(InvalidInput):
        merkle.inclusion_proof(merkle.tree(leaves(size)), index, size)


def test_there_is_no_proof_backwards():
    with pytest.raises(InvalidInput):
        merkle.consistency_proof(merkle.tree(leaves(3)), 4, 3)


def test_every_tree_continues_the_empty_one():
    assert merkle.consistency_proof(merkle.tree(leaves(3)), 0, 3) == []
    assert merkle.verify_consistency(0, 3, merkle.EMPTY_ROOT, naive_root(leaves(3)), [])
