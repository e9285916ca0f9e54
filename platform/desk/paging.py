"""Pages of a list whose cost does not grow with the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils.functional import cached_property

COUNTED_ROWS = 5000  # what lies beyond is reached by filters and search
MOST_WAYS = 50  # projects that are read one by one


class BoundedPaginator(Paginator):
    """Counts at most COUNTED_ROWS rows: a list costs the same at a million rows as at a thousand.

    Rows of several projects, newest first: a database would sort all of them. `ways` are the conditions of which each
    row fulfils one, and which an index answers in order: the first rows of each are read, then merged.
    """

    def __init__(self, *args: Any, ways: Sequence[Q] = (), **said: Any) -> None:
        super().__init__(*args, **said)
        self.ways = ways if 1 <= len(ways) <= MOST_WAYS else ()

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as they are counted."""
        return self.object_list.order_by().values("pk")[:COUNTED_ROWS].count()

    def page(self, number: Any) -> Page[Any]:
        """One page; by the ways, where the list is in the order of its keys."""
        way = self._newest_first()
        if way is None:
            return super().page(number)
        place = self.validate_number(number)
        first, last = (place - 1) * self.per_page, place * self.per_page
        keys = [key for one in self.ways for key in self.object_list.filter(one).values_list("pk", flat=True)[:last]]
        shown = sorted(keys, reverse=way)[first:last]
        rows = self.object_list.model._default_manager.none() if not shown else self.object_list.filter(pk__in=shown)
        return self._get_page(rows, place, self)

    def _newest_first(self) -> bool | None:
        """Whether the first order is that of the keys, backwards; None for another order, or without ways."""
        order = [str(one) for one in self.object_list.query.order_by or self.object_list.query.get_meta().ordering]
        keys = {name: name.startswith("-") for name in ("pk", "-pk", "id", "-id")}
        return keys.get(order[0]) if order and self.ways else None
