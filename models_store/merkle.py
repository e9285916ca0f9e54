"""Merkle trees of RFC 9162 section 2: roots, inclusion and consistency proofs, over a stored or an in-memory tree.

A tree is read through `node(level, index)`: the hash of the complete subtree over the leaves
[index * 2**level, (index + 1) * 2**level); level 0 holds the leaf hashes. Only complete subtrees are stored, they
never change, and every proof reads O(log n) of them. Hashes are 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from models_store.errors import InvalidInput

Node = Callable[[int, int], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(node: Node, size: int, hashes: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
    """The nodes {(level, index): hash} that become complete when these leaf hashes follow the first `size` leaves."""
    new: dict[tuple[int, int], bytes] = {}
    for index, current in enumerate(hashes, start=size):
        level = 0
        new[level, index] = current
        while index & 1:
            left = new.get((level, index - 1)) or node(level, index - 1)
            current, level, index = node_hash(left, current), level + 1, index >> 1
            new[level, index] = current
    return new


def tree(leaves: Iterable[bytes]) -> Node:
    """An in-memory tree over leaves (not hashes), read like a stored one."""
    nodes = grow(_nothing_stored, 0, map(leaf_hash, leaves))
    return lambda level, index: nodes[level, index]


def root(node: Node, size: int) -> bytes:
    """MTH of the first `size` leaves (section 2.1.1)."""
    return _span(node, 0, size) if size else EMPTY_ROOT


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH over leaves (not hashes)."""
    return root(tree(leaves), len(leaves))


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) (section 2.1.3.1), from the leaf upwards."""
    if not 0 <= index < size:
        raise InvalidInput("The tree has no such leaf.", field="index", expected=f"0 to {size - 1}", got=index)
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(node, middle, end))
            end = middle
        else:
            path.append(_span(node, start, middle))
            start = middle
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash `leaf` is at `index` of the tree of `size` leaves with this root (section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(node: Node, first: int, second: int) -> list[bytes]:
    """PROOF(first, D[second]) (section 2.1.4.1); empty when first is 0 or equals second."""
    if not 0 <= first <= second:
        raise InvalidInput("The older tree is the smaller.", field="first", expected=f"0 to {second}", got=first)
    path: list[bytes] = []
    start, end, whole = 0, second, True  # whole: the older tree ends where a subtree seen from the root's left ends
    while first not in (0, end):
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_span(node, middle, end))
            end = middle
        else:
            path.append(_span(node, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_span(node, start, end))
    return path[::-1]


def verify_consistency(first: int, second: int, older: bytes, newer: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree (first, older) is a beginning of the tree (second, newer) (section 2.1.4.2)."""
    if first == 0:
        return older == EMPTY_ROOT and not path and (second > 0 or newer == EMPTY_ROOT)
    if not 0 < first <= second or first == second:
        return first == second and older == newer and not path
    steps = list(path) if first & (first - 1) else [older, *path]
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, step)
        place, last = place >> 1, last >> 1
    return last == 0 and was == older and now == newer


def places(read: Callable[[Node], object]) -> set[tuple[int, int]]:
    """Which nodes a reader of trees asks for, so that a store can fetch them at once."""
    asked: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        asked.add((level, index))
        return EMPTY_ROOT

    read(note)
    return asked


def _span(node: Node, start: int, end: int) -> bytes:
    """MTH of the leaves [start, end); `start` is a multiple of the smallest power of two that holds the span."""
    pieces = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(node(level, start >> level))
        start += 1 << level
    found = pieces.pop()
    while pieces:
        found = node_hash(pieces.pop(), found)
    return found


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _nothing_stored(level: int, index: int) -> bytes:
    raise KeyError((level, index))
