"""Reads the stored tree: all nodes that one proof needs, in one query."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from audit.models import TreeNode
from models_store import merkle
from models_store.errors import IntegrityFailure


class NodeMissing(IntegrityFailure):
    """The stored tree lacks a node that it must have."""

    code = "tree_node_missing"


def stored(read: Callable[[merkle.Node], object]) -> merkle.Node:
    """A getter over the nodes that `read` asks for; NodeMissing names one that is not there."""
    wanted = sorted(merkle.places(read))
    found = _found(wanted) if wanted else {}

    def node(level: int, index: int) -> bytes:
        try:
            return found[level, index]
        except KeyError:
            raise NodeMissing(field="node", expected=f"level {level}, index {index}", got="nothing") from None

    return node


def _found(wanted: list[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Those of the nodes that are stored. The statement is put together here: for forty pairs of numbers, Django takes
    longer than the database.
    """
    table, index = (connection.ops.quote_name(name) for name in (TreeNode._meta.db_table, "index"))
    each = " OR ".join([f"(level = %s AND {index} = %s)"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT level, {index}, hash FROM {table} WHERE {each}",  # noqa: S608 - our names
            [number for pair in wanted for number in pair],
        )
        return {(level, place): bytes(value) for level, place, value in cursor.fetchall()}
