"""Lists in pages by key: `next` and `previous` are links, and a page costs the same wherever it lies."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.cursors import Place, seal, unseal
from api.walk import Key, Order, Start, Ways, key_of, walk
from models_store.errors import InvalidInput

NEWEST, OLDEST = ("-created_at", "created_at"), ("created_at",)
BY_ID = ("created_at", "at", "hour")  # words of an order that ids follow: they sort by the time of their making


class NewestFirst(BasePagination):
    """`limit` items a page, from `cursor` on, in the `order` that is asked for, which is one of those of the view.

    A row that comes meanwhile shifts no other one: a page begins at a key, not at a number. Rows are in the order of
    the column that is named, and those that have the same there in that of their ids.
    """

    page_size, max_page_size = 50, 200
    orders = NEWEST  # of views that name none

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """The rows of one page, along the ways of `view`."""
        self.request = request
        ways: Ways = getattr(view, "ways", None) or Ways()
        name = self._order_asked(getattr(view, "orders", ()) or self.orders)
        column = name.removeprefix("-")
        ahead = Order("id" if column in BY_ID else column, name.startswith("-"))
        self.about = f"{type(view).__name__} {name}"
        place = self._place(queryset, ahead)
        order = Order(ahead.column, ahead.down != bool(place and place.back))
        start = Start(place.key, place.inclusive) if place else None
        rows, goes_on = walk(queryset, ways, order, start, self._limit())
        if place and place.back:
            rows.reverse()
        self._links(rows, place, goes_on, order)
        return rows

    def _links(self, rows: list[Any], place: Place | None, goes_on: Key | None, order: Order) -> None:
        """Where this page begins and ends; from a page that shows nothing the way back begins where it began."""
        self.before = self.after = None
        back = bool(place and place.back)
        if goes_on:
            on = Place(_texts(goes_on), back)
            self.before, self.after = (on, self.after) if back else (self.before, on)
        if place:
            edge = Place(_texts(key_of(rows[-1 if back else 0], order)), not back) if rows else None
            turned = edge or Place(_texts(place.key), not back, not place.inclusive)
            self.before, self.after = (self.before, turned) if back else (turned, self.after)

    def get_paginated_response(self, data: Any) -> Response:
        """The page, with links that keep the query."""
        return Response({"results": data, "next": self._link(self.after), "previous": self._link(self.before)})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As the OpenAPI document has it."""
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"results": schema, "next": link, "previous": link}
        return {"type": "object", "required": ["results", "next", "previous"], "properties": properties}

    def _link(self, place: Place | None) -> str | None:
        if place is None:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", seal(place, self.about))

    def _limit(self) -> int:
        said = self.request.query_params.get("limit", str(self.page_size))
        if not (said.isascii() and said.isdecimal() and len(said) <= 9 and 1 <= int(said) <= self.max_page_size):
            expected = f"1 to {self.max_page_size}"
            raise InvalidInput("So many items are not in a page.", field="limit", expected=expected, got=said)
        return int(said)

    def _order_asked(self, orders: tuple[str, ...]) -> str:
        said = self.request.query_params.get("order", orders[0])
        if said not in orders:
            raise InvalidInput("This list has no such order.", field="order", expected=list(orders), got=said)
        return said

    def _place(self, rows: QuerySet[Any], order: Order) -> Place | None:
        said = self.request.query_params.get("cursor")
        if said is None:
            return None
        place = unseal(said, self.about, length=len(order.columns))
        fields = [rows.model._meta.get_field(name) for name in order.columns]
        try:
            key = tuple(field.to_python(one) for field, one in zip(fields, place.key, strict=True))
        except ValidationError:  # a list that was of other rows before an upgrade
            raise InvalidInput("This cursor is out of date.", field="cursor") from None
        return Place(key, place.back, place.inclusive)


class OldestFirst(NewestFirst):
    """The other way round, for what is read as it comes."""

    page_size, max_page_size = 100, 1000
    orders = OLDEST


def _texts(key: Key) -> tuple[str, ...]:
    return tuple(str(one) for one in key)
