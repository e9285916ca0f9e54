"""Reads the stored tree: all nodes that one proof needs, in one query."""

from __future__ import annotations

from collections.abc import Callable

from audit.models import TreeNode
from models_store import merkle
from models_store.errors import IntegrityFailure


class NodeMissing(IntegrityFailure):
    """The stored tree lacks a node that it must have."""

    code = "tree_node_missing"


def stored(read: Callable[[merkle.Node], object]) -> merkle.Node:
    """A getter over the nodes that `read` asks for; NodeMissing names one that is not there."""
    wanted = sorted(merkle.places(read))
    rows = TreeNode.objects.filter(pk__in=wanted).values_list("level", "index", "hash") if wanted else ()
    found = {(level, index): bytes(value) for level, index, value in rows}

    def node(level: int, index: int) -> bytes:
        try:
            return found[level, index]
        except KeyError:
            raise NodeMissing(field="node", expected=f"level {level}, index {index}", got="nothing") from None

    return node
