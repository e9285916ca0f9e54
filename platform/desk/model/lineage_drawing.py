"""Where boxes and lines of a lineage graph lie: from left to right on wide screens, one below the other on phones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from desk.model.lineage_graph import Graph, Node, ordered

BOX_PX, HIGH_PX = 150, 48
BETWEEN_PX, BELOW_PX = 36, 14  # columns, rows
EDGE_PX = 3  # so that outlines are not cut off
TALL_PX, GUTTER_PX = 304, 46  # of the narrow drawing: its width, and the room for arcs beside the boxes
TITLE_PX, WORD_PX = 13, 11  # sizes of the letters
LETTER, WIDE_LETTER = 0.53, 1.0  # how wide they are, of their size
TEXT_PX = 20  # what a box keeps free beside its text


@dataclass(frozen=True)
class Box:
    """One node in its place (px)."""

    node: Node
    x: int
    y: int
    width: int
    text: str  # its title as far as there is room
    word: str

    @property
    def middle(self) -> int:
        """The height of its middle."""
        return self.y + HIGH_PX // 2


@dataclass(frozen=True)
class Drawing:
    """Boxes in the order in which they are read, and the lines (SVG paths) behind them; sizes in px."""

    shape: str  # wide or tall
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]


def drawings(graph: Graph) -> list[Drawing]:
    """The wide and the tall one; style sheets show one of them."""
    columns = ordered(graph)
    return [_wide(graph, columns), _tall(graph, columns)]


def _wide(graph: Graph, columns: Sequence[Sequence[Node]]) -> Drawing:
    step, most = HIGH_PX + BELOW_PX, max(map(len, columns))
    height = most * step - BELOW_PX + 2 * EDGE_PX
    boxes = {}
    for place, column in enumerate(columns):
        top = (height - len(column) * step + BELOW_PX) // 2
        for row, node in enumerate(column):
            x = EDGE_PX + place * (BOX_PX + BETWEEN_PX)
            boxes[node.key] = _box(node, x, top + row * step, BOX_PX)
    lines = tuple(_across(boxes[one], boxes[other]) for one, other in graph.edges)
    width = len(columns) * (BOX_PX + BETWEEN_PX) - BETWEEN_PX + 2 * EDGE_PX
    return Drawing("wide", width, height, tuple(boxes.values()), lines)


def _across(one: Box, other: Box) -> str:
    start, end = one.x + one.width, other.x - 4
    bend = (start + end) // 2
    return f"M{start} {one.middle} C{bend} {one.middle} {bend} {other.middle} {end} {other.middle}"


def _tall(graph: Graph, columns: Sequence[Sequence[Node]]) -> Drawing:
    step, nodes = HIGH_PX + BELOW_PX, _in_reading_order(graph, columns)
    boxes = {
        node.key: _box(node, GUTTER_PX, EDGE_PX + row * step, TALL_PX - GUTTER_PX - EDGE_PX)
        for row, node in enumerate(nodes)
    }
    lines = tuple(_beside(boxes[one], boxes[other], step) for one, other in graph.edges)
    return Drawing("tall", TALL_PX, len(nodes) * step - BELOW_PX + 2 * EDGE_PX, tuple(boxes.values()), lines)


def _in_reading_order(graph: Graph, columns: Sequence[Sequence[Node]]) -> list[Node]:
    """Every node after all that lead to it, and what came of it at once below it where that can be (Kahn 1962)."""
    waits = {node.key: sum(node.key == other for _one, other in graph.edges) for column in columns for node in column}
    rows = [node for column in columns for node in column]
    found, open_ = [], [node for node in reversed(rows) if not waits[node.key]]
    while open_:
        node = open_.pop()
        found.append(node)
        reached = {other for one, other in graph.edges if one == node.key}
        for key in reached:
            waits[key] -= 1
        open_ += [other for other in reversed(rows) if other.key in reached and not waits[other.key]]
    return found


def _beside(one: Box, other: Box, step: int) -> str:
    """An arc to the left of the boxes, wider the further apart they are."""
    out = GUTTER_PX - min(GUTTER_PX + 14, 16 + 9 * ((other.y - one.y) // step))
    return (
        f"M{one.x} {one.middle + 5} C{out} {one.middle + 5} {out} {other.middle - 5} {other.x - 4} {other.middle - 5}"
    )


def _box(node: Node, x: int, y: int, width: int) -> Box:
    room = width - TEXT_PX
    return Box(node, x, y, width, _fitting(node.title, room, TITLE_PX), _fitting(node.word, room, WORD_PX))


def _fitting(text: str, room_px: float, size_px: int) -> str:
    """As much of a text as there is room for; the letters of East Asian scripts are twice as wide."""
    left, kept = room_px, ""
    for letter in text:
        left -= size_px * (WIDE_LETTER if unicodedata.east_asian_width(letter) in "WF" else LETTER)
        if left < 0:
            return kept.rstrip()[:-1] + "…"
        kept += letter
    return kept
