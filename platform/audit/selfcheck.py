"""The log checks itself whole: every leaf, row, commitment, node and signed head. It detects, it does not prevent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db.models import Max, Q

from audit import nodes
from audit.leaves import commitment, moment, recalled
from audit.models import AuditDetail, AuditEvent, TreeHead, TreeNode
from models_store import merkle
from models_store.errors import ProductError
from models_store.evidence import check_head
from models_store.keys import Keyring

_BATCH = 1000
_MOST_PROBLEMS = 100

Nodes = dict[tuple[int, int], bytes]


@dataclass
class LogCheck:
    """What the check covered and what it found; `problems` is empty when the log is whole."""

    events: int = 0
    heads: int = 0
    details: int = 0
    erased: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def found(self, problem: str) -> None:
        """Note a problem; after a hundred, more would say nothing new."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


def verify_log(keyring: Keyring | None = None) -> LogCheck:
    """Rebuild the tree from the leaves and compare everything stored with it; with a keyring, signatures too.

    What was rewritten together with its nodes shows against the heads; what was rewritten together with the heads
    shows only against a head that was exported before. Appending goes on meanwhile: heads are read first and events
    up to the size that the tree then had.
    """
    check = LogCheck()
    heads = list(TreeHead.objects.order_by("size"))
    last = TreeNode.objects.filter(level=0).aggregate(last=Max("index"))["last"]
    size = 0 if last is None else last + 1
    _check_events(check, size)
    if check.events != size:
        check.found(f"the tree has {size} leaves, but there are {check.events} events")
    _check_heads(check, heads, keyring)
    return check


def _check_events(check: LogCheck, size: int) -> None:
    """Events, their details and the nodes above them, batch by batch; only the right edge of the tree is kept."""
    edge: Nodes = {}
    for events in _batches(size):
        for offset, event in enumerate(events):
            if event.index != check.events + offset:
                check.found(f"event {event.pk} has index {event.index}, {check.events + offset} expected")
        _check_rows(check, events)
        new = merkle.grow(_getter(edge), check.events, [event.leaf_hash for event in events])
        _check_nodes(check, new)
        check.events += len(events)
        known = edge | new
        edge = {place: known[place] for place in merkle.places(partial(merkle.root, size=check.events))}


def _batches(size: int) -> Iterator[list[AuditEvent]]:
    last = -1
    while events := list(AuditEvent.objects.filter(index__gt=last, index__lt=size).order_by("index")[:_BATCH]):
        yield events
        last = events[-1].index or 0


def _check_rows(check: LogCheck, events: list[AuditEvent]) -> None:
    details = AuditDetail.objects.in_bulk([event.pk for event in events])
    for event in events:
        try:
            said = json.loads(bytes(event.leaf))
        except ValueError:
            check.found(f"event {event.index}: its leaf is no JSON")
            continue
        row = {
            "id": str(event.pk),
            "at": moment(event.at),
            "verb": event.verb,
            "subject": [event.subject_kind, event.subject_id],
            "project": str(event.project_id) if event.project_id else None,
        }
        for name in [name for name, value in row.items() if said.get(name) != value]:
            check.found(f"event {event.index}: its row and its leaf differ in {name}")
        detail = details.get(event.pk)
        if detail is None:
            check.erased += 1
            continue
        check.details += 1
        parts: dict[str, Any] = {"actor": event.actor, "detail": recalled(detail.detail)}
        for name, value in parts.items():
            if said.get(name) != commitment(bytes(detail.salt), name, value):
                check.found(f"event {event.index}: its {name} is not what its leaf commits to")


def _check_nodes(check: LogCheck, new: Nodes) -> None:
    spans: dict[int, list[int]] = {}
    for level, index in new:
        spans.setdefault(level, []).append(index)
    asked = reduce(or_, (Q(level=level, index__range=(min(span), max(span))) for level, span in spans.items()))
    rows = TreeNode.objects.filter(asked).values_list("level", "index", "hash")
    held = {(level, index): bytes(value) for level, index, value in rows}
    for (level, index), value in new.items():
        if held.get((level, index)) != value:
            check.found(f"the tree's node {level}/{index} does not follow from the leaves")


def _check_heads(check: LogCheck, heads: list[TreeHead], keyring: Keyring | None) -> None:
    for head in heads:
        check.heads += 1
        if head.size > check.events:
            check.found(f"head {head.size}: the log holds {check.events} events only")
            continue
        try:
            node = nodes.stored(partial(merkle.root, size=head.size))
            if merkle.root(node, head.size).hex() != head.root:
                check.found(f"head {head.size}: its root is not that of the log's first {head.size} events")
            if keyring:
                check_head(head.as_dict(), keyring.public_key(head.key_id))
        except ProductError as error:
            check.found(f"head {head.size}: {error.detail}")


def _getter(known: Nodes) -> merkle.Node:
    return lambda level, index: known[level, index]
