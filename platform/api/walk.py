"""One page of a list, read along indexes: what it costs does not grow with the table, whatever is filtered by.

A list is read along `ways`: conditions of which each row fulfils one, and which an index answers in the order of the
list. What no index knows is the `rest`: then so many rows along the ways are looked at, and no more. Such a page may
be short, or empty, and still go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Model, Q, QuerySet, When

from models_store.ids import first_id

LOOKED_AT = 1000  # rows that one page looks at for a condition that no index knows
WIDER = 4  # times as many are looked at once more where too few fit
MOST_WAYS = 50
SLACK = timedelta(minutes=5)  # by which the clock that makes ids and the one that tells times may differ
EPOCH, DOOMSDAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)  # ids lie between

Key = tuple[Any, ...]
Bounds = tuple[UUID | None, UUID | None]


@dataclass(frozen=True)
class Way:
    """Rows of another table that name those of the list, as `key` has them, in the order of their ids."""

    rows: QuerySet[Any]
    key: str


@dataclass(frozen=True)
class Ways:
    """How a list is read: along which ways, and what is looked at along them."""

    along: Sequence[Q | Way] = (Q(),)
    rest: Q = field(default_factory=Q)
    ids: Bounds = (None, None)  # none below the first, none from the second on
    guard: Q = field(default_factory=Q)  # holds of all rows along the ways: said only where it leads to no other index


def moments(since: datetime | None, until: datetime | None) -> Bounds:
    """Bounds of the ids of rows that were made then, and a little more: ids tell the time (RFC 9562, version 7)."""
    low = first_id(max(EPOCH + SLACK, since) - SLACK) if since else None
    high = first_id(min(max(EPOCH, until), DOOMSDAY) + SLACK) if until else None
    return low, high


@dataclass(frozen=True)
class Order:
    """By a column and then by id; by id alone where `column` is that."""

    column: str = "id"
    down: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Of a key."""
        return ("id",) if self.column == "id" else (self.column, "id")

    def said(self, names: Sequence[str]) -> list[str]:
        """As `order_by` takes it."""
        return [f"-{name}" if self.down else name for name in names]

    def beyond(self, key: Key, names: Sequence[str], *, inclusive: bool = False, up_to: bool = False) -> Q:
        """Rows after the one with this key; with `up_to` those before it."""
        way = "lt" if self.down != up_to else "gt"
        last = Q(**{f"{names[-1]}__{way}{'e' if inclusive else ''}": key[-1]})
        if len(names) == 1:
            return last
        reaches = Q(**{f"{names[0]}__{way}e": key[0]})  # for the index: it can use no "or"
        return reaches & (Q(**{f"{names[0]}__{way}": key[0]}) | last)


@dataclass(frozen=True)
class Start:
    """Where a page begins: after the row with this key, or with it."""

    key: Key
    inclusive: bool = False


def walk(
    rows: QuerySet[Any], ways: Ways, order: Order, start: Start | None, count: int
) -> tuple[list[Any], Key | None]:
    """At most `count` rows in order from `start` on, and the key after which there may be more; None at the end."""
    if not ways.along:
        return [], None
    if len(ways.along) == 1 and not ways.rest and not ways.guard and isinstance(ways.along[0], Q):
        near = _from(rows.filter(ways.along[0]), order, start, order.columns, ways.ids)
        page = list(near.order_by(*order.said(order.columns))[: count + 1])
        return page[:count], key_of(page[count - 1], order) if len(page) > count else None
    exact = not ways.rest and all(isinstance(one, Q) for one in ways.along)
    size, most = count + 1, max(count + 1, LOOKED_AT // len(ways.along))
    page, end = _looked(rows, ways, order, start, count, size)
    while len(page) <= count and end and not exact and size < most:
        size = min(most, WIDER * size)
        page, end = _looked(rows, ways, order, start, count, size)
    if len(page) > count:
        return page[:count], key_of(page[count - 1], order)
    return page, None if exact else end


def _looked(
    rows: QuerySet[Any], ways: Ways, order: Order, start: Start | None, count: int, size: int
) -> tuple[list[Any], Key | None]:
    """The rows among the first `size` of each way, and where the first of the ways that go on was left."""
    found: set[Key] = set()
    ends: list[Key] = []
    for way in ways.along:
        fit, end = _along(rows, way, ways, order, start, size)
        found.update(fit)
        ends += [end] if end else []
    end = _first(ends, rows, order)
    strict = ways.guard if all(isinstance(one, Q) for one in ways.along) else ways.rest & ways.guard
    keys = [key[-1] for key in _near(found, end, order, None if strict else count + 1)]
    if not keys:
        return [], end
    near = rows.filter(pk__in=keys)
    near = near.alias(fits=_fits(strict)).filter(fits=True) if strict else near
    if end:
        near = near.filter(order.beyond(end, order.columns, inclusive=True, up_to=True))
    return list(near.order_by(*order.said(order.columns))[: count + 1]), end


def _along(
    rows: QuerySet[Any], way: Q | Way, ways: Ways, order: Order, start: Start | None, size: int
) -> tuple[list[Key], Key | None]:
    """Keys of those of the first `size` rows of a way that fit; and the last one looked at, if there are more."""
    names = (way.key,) if isinstance(way, Way) else order.columns
    near = way.rows if isinstance(way, Way) else rows.filter(way)
    near = _from(near, order, start, names, ways.ids).order_by(*order.said(names))
    if isinstance(way, Way) or not ways.rest:
        keys = list(near.values_list(*names)[:size])
        return keys, keys[-1] if len(keys) == size else None
    seen = list(near.annotate(fits=_fits(ways.rest)).values_list(*names, "fits")[:size])
    return [key[:-1] for key in seen if key[-1]], seen[-1][:-1] if len(seen) == size else None


def _fits(rest: Q) -> Case:
    """A condition as a value: as a condition it might lead a database to another index than that of the way."""
    return Case(When(rest, then=True), default=False, output_field=BooleanField())


def _first(ends: list[Key], rows: QuerySet[Any], order: Order) -> Key | None:
    """The one that comes first; of other columns than ids the database decides, which has its own order of texts."""
    if len(ends) < 2:
        return ends[0] if ends else None
    if order.column == "id":
        return max(ends) if order.down else min(ends)
    lefts = rows.model._default_manager.filter(pk__in=[key[-1] for key in ends])
    return lefts.order_by(*order.said(order.columns)).values_list(*order.columns).first()


def _near(found: set[Key], end: Key | None, order: Order, most: int | None) -> list[Key]:
    """Of keys that are ids, the first ones, up to the end."""
    if order.column != "id":
        return list(found)
    keys = sorted(found, reverse=order.down)
    if end:
        keys = [key for key in keys if (key >= end if order.down else key <= end)]
    return keys[:most]


def _from(rows: QuerySet[Any], order: Order, start: Start | None, names: Sequence[str], ids: Bounds) -> QuerySet[Any]:
    low, high = ids
    if start:
        rows = rows.filter(order.beyond(start.key, names, inclusive=start.inclusive))
    if low:
        rows = rows.filter(**{f"{names[-1]}__gte": low})
    return rows.filter(**{f"{names[-1]}__lt": high}) if high else rows


def key_of(row: Model, order: Order) -> Key:
    """Of a row: its value and its id."""
    return tuple(getattr(row, name) for name in order.columns)
