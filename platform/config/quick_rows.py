"""Rows by their keys for what every request asks: Django puts a query together anew each time, at several times the
price of asking it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import Col

Row = TypeVar("Row", bound=models.Model)
LOCKED = " FOR NO KEY UPDATE"


def rows_by(model: type[Row], lock: str = "", /, **values: Any) -> list[Row]:
    """The rows whose columns have these values, by primary key; the names are those of fields, as of `filter`."""
    database = connections[DEFAULT_DB_ALIAS]  # the connection itself: its proxy costs as much as the columns
    asking = _asking(model, tuple(values), database.vendor)
    said = zip(asking.by, values.values(), strict=True)
    prepared = [field.get_db_prep_value(value, database) for field, value in said]
    ending = lock if lock and database.features.has_select_for_no_key_update else ""
    with database.cursor() as cursor:
        cursor.execute(asking.statement + ending, prepared)
        found = cursor.fetchall()
    return [model.from_db(DEFAULT_DB_ALIAS, asking.names, asking.read(row, database)) for row in found]


def row_by(model: type[Row], **values: Any) -> Row | None:
    """The first of them; None where there is none."""
    return next(iter(rows_by(model, **values)), None)


def lock_row(model: type[Row], **values: Any) -> Row | None:
    """The same; nobody else writes that row before this transaction has ended (SQLite has one writer anyway)."""
    return next(iter(rows_by(model, LOCKED, **values)), None)


@dataclass(frozen=True)
class Asking:
    """A statement, and how the columns that it gives become values of fields."""

    statement: str
    by: tuple[models.Field[Any, Any], ...]
    names: tuple[str, ...]
    converters: tuple[tuple[int, Callable[..., Any], Col], ...]

    def read(self, row: tuple[Any, ...], database: Any) -> list[Any]:
        """The values of one row."""
        values = list(row)
        for place, convert, column in self.converters:
            values[place] = convert(values[place], column, database)
        return values


@cache
def _asking(model: type[models.Model], names: tuple[str, ...], vendor: str) -> Asking:
    database, meta = connections[DEFAULT_DB_ALIAS], model._meta
    quote, fields = database.ops.quote_name, tuple(meta.concrete_fields)
    by = tuple(meta.get_field(name) for name in names)
    columns = ", ".join(quote(field.column) for field in fields)
    fitting = " AND ".join(f"{quote(field.column)} = %s" for field in by)
    order = f"ORDER BY {quote(meta.pk.column)}"
    statement = f"SELECT {columns} FROM {quote(meta.db_table)} WHERE {fitting} {order}"  # noqa: S608 - our names
    converters = []
    for place, field in enumerate(fields):
        column = field.get_col(meta.db_table)  # a foreign key reads as what it points to
        steps = [*database.ops.get_db_converters(column), *column.get_db_converters(database)]
        converters += [(place, step, column) for step in steps]
    return Asking(statement, by, tuple(field.attname for field in fields), tuple(converters))
