"""The log checks itself whole: every leaf, row, commitment, node, count and head. It detects, it does not prevent.

What was rewritten together with its nodes shows against the heads; what was rewritten together with the heads shows
only against a head that was exported before (audit/head_files.py). A check is done slice by slice, and what it goes on
from is small, so that one of a long log may take a day and outlive a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.db.models import Max, Q

from audit import head_files, hours, nodes
from audit.leaf_rows import LeafRow, as_bytes, differences, leaf_rows
from audit.leaves import commitment
from audit.models import AuditDetail, AuditEvent, HourlyCount, TreeHead, TreeNode
from audit.sequencer import tree_size
from models_store import evidence, merkle
from models_store.errors import ProductError
from models_store.evidence import check_head
from models_store.keys import Keyring

_BATCH = 2000
_MOST_PROBLEMS = 100
_FILES = 1000  # newest heads in the folder that are compared, and as many spread over the older ones

Nodes = dict[tuple[int, int], bytes]


@dataclass
class LogCheck:
    """What the check covered and what it found; `problems` is empty when the log is whole so far.

    `events` of `size` are behind it. `edge` are the nodes on the right edge of the tree over them.
    """

    size: int = 0
    events: int = 0
    found_events: int = 0
    heads: int = 0
    details: int = 0
    erased: int = 0
    counts: int = 0
    problems: list[str] = field(default_factory=list)
    edge: Nodes = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    @property
    def done(self) -> bool:
        """Whether every event is behind it."""
        return self.events >= self.size

    def found(self, problem: str) -> None:
        """Note a problem; after a hundred, more would say nothing new."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        edge = {f"{level}/{index}": value.hex() for (level, index), value in self.edge.items()}
        return asdict(self) | {"edge": edge}

    @classmethod
    def recalled(cls, kept: dict[str, Any]) -> LogCheck:
        """From JSON."""
        places = {tuple(map(int, place.split("/"))): bytes.fromhex(value) for place, value in kept["edge"].items()}
        return cls(**kept | {"edge": places, "problems": list(kept["problems"])})


def verify_log(keyring: Keyring | None = None, folder: Path | None = None) -> LogCheck:
    """Rebuild the tree from the leaves and compare everything stored with it; with a keyring, signatures too, and with
    a folder the heads that were exported to it. Appending goes on meanwhile: later events are left to the next check.
    """
    check = begin()
    advance(check, keyring)
    finish(check, folder)
    return check


def begin() -> LogCheck:
    """A check of the log as it is now. Heads are looked at first, since the tree is never shorter than a head."""
    signed = TreeHead.objects.aggregate(most=Max("size"))["most"] or 0
    last = TreeNode.objects.filter(level=0).aggregate(last=Max("index"))["last"]
    check = LogCheck(size=max(tree_size(), 0 if last is None else last + 1))
    if signed > check.size:
        check.found(f"head {signed}: the log holds {check.size} events only")
    return check


def advance(check: LogCheck, keyring: Keyring | None = None, *, enough: Callable[[], bool] = lambda: False) -> None:
    """Check batch after batch, until all are done or it is enough; at least one batch."""
    while not check.done:
        _check_batch(check, keyring)
        if enough():
            return


def finish(check: LogCheck, folder: Path | None = None) -> None:
    """What can be said only when every event was looked at."""
    if check.found_events != check.size:
        check.found(f"the tree has {check.size} leaves, but there are {check.found_events} events")
    _check_erased(check)
    if folder:
        _check_files(check, folder)


def _check_batch(check: LogCheck, keyring: Keyring | None) -> None:
    """Events, their details and counts, the nodes above them, and the heads that end among them."""
    start, end = check.events, min(check.events + _BATCH, check.size)
    rows = leaf_rows(start, end)
    for row in rows:
        for problem in differences(row):
            check.found(problem)
        check.details += row.salt is not None
        check.erased += row.salt is None
    leaves = {row.place: merkle.leaf_hash(row.leaf) for row in rows}
    check.found_events += len(rows)
    _check_counts(check, [row for row in rows if row.verb == hours.VERB])
    held = _held(start, end)
    for index in range(start, end) if len(leaves) < end - start else ():
        if index not in leaves:  # the rest is checked as if it were there
            check.found(f"event {index} is not there")
            leaves[index] = held.get((0, index), b"")
    new = merkle.grow(_getter(check.edge), start, [leaves[index] for index in range(start, end)])
    if held != new:
        for (level, index), value in new.items():
            if held.get((level, index)) != value:
                check.found(f"the tree's node {level}/{index} does not follow from the leaves")
    check.events = end
    _check_heads(check, check.edge | new, start, keyring)
    known = check.edge | new
    check.edge = {place: known[place] for place in merkle.places(partial(merkle.root, size=end))}


def _held(start: int, end: int) -> Nodes:
    """The stored nodes over complete subtrees that end among these leaves."""
    levels = range(end.bit_length())
    spans = [Q(level=level, index__gte=start >> level, index__lt=end >> level) for level in levels]
    rows = TreeNode.objects.filter(reduce(or_, spans)).values_list("level", "index", "hash")
    return {(level, index): as_bytes(value) for level, index, value in rows}


def _check_counts(check: LogCheck, rows: list[LeafRow]) -> None:
    """The counts under these leaves give their roots, and who did it is what the counts commit to."""
    if not rows:
        return
    under: dict[str, list[HourlyCount]] = {row.id: [] for row in rows}
    for count in HourlyCount.objects.filter(event__in=list(under)).order_by("event", "place"):
        under[str(count.event_id)].append(count)
    for row in rows:
        check.counts += len(under[row.id])
        try:
            _check_under(check, row, under[row.id])
        except Exception as wrong:  # as in leaf_rows.differences
            check.found(f"event {row.place}: its counts cannot be read: {type(wrong).__name__}")


def _check_under(check: LogCheck, row: LeafRow, counts: list[HourlyCount]) -> None:
    root = evidence.chunk([hours.item_of(count) for count in counts])[0] if counts else ""
    if f'"items_root":"{root}"'.encode() not in row.leaf:
        check.found(f"event {row.place}: the counts beside it are not those that its leaf speaks of")
    for count in counts:
        if count.salt is not None and count.who != commitment(bytes(count.salt), "actor", count.actor):
            check.found(f"event {row.place}: the name in count {count.place} is not what it commits to")


def _check_heads(check: LogCheck, known: Nodes, start: int, keyring: Keyring | None) -> None:
    for head in TreeHead.objects.filter(size__gt=start, size__lte=check.events).order_by("size"):
        check.heads += 1
        try:
            if merkle.root(_getter(known), head.size).hex() != head.root:
                check.found(f"head {head.size}: its root is not that of the log's first {head.size} events")
            if keyring:
                check_head(head.as_dict(), keyring.public_key(head.key_id))
        except ProductError as error:
            check.found(f"head {head.size}: {error.detail}")
        except Exception as wrong:
            check.found(f"head {head.size} cannot be read: {type(wrong).__name__}")


def _check_erased(check: LogCheck) -> None:
    """No more details are gone than events say were erased, as far as these can still be read."""
    said = list(AuditEvent.objects.filter(verb="audit.erased").values_list("pk", flat=True))
    counts = list(AuditDetail.objects.filter(event__in=said).values_list("detail__count", flat=True)) if said else []
    told = sum(count for count in counts if isinstance(count, int))
    if len(counts) == len(said) and check.erased > told:
        check.found(f"details of {check.erased} events are gone, but the log says that {told} were erased")


def _check_files(check: LogCheck, folder: Path) -> None:
    """Heads in the folder elsewhere: the newest, and some of all the older ones, against the tree as it is."""
    known = sorted(head_files.files(folder))
    older, newest = known[:-_FILES], known[-_FILES:]
    size = tree_size()
    for count, place in [*older[:: max(1, len(older) // _FILES)], *newest]:
        try:
            said = head_files.read(place)["root"]
            if count > size:
                check.found(f"the exported head {place.name} covers more than the {size} events of the log")
            elif merkle.root(nodes.stored(partial(merkle.root, size=count)), count).hex() != said:
                check.found(f"the exported head {place.name} is not that of the log: its past was rewritten")
        except (OSError, ValueError) as wrong:
            check.found(f"the exported head {place.name} cannot be read: {wrong}")
        except ProductError as error:
            check.found(f"the exported head {place.name}: {error.detail}")


def _getter(known: Nodes) -> merkle.Node:
    return lambda level, index: known[level, index]
