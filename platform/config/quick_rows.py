"""Rows by their keys for what every request asks: Django puts a query together anew each time, at several times the
price of asking it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
LOCKED = " FOR NO KEY UPDATE"


def rows_by(model: type[Row], lock: str = "", /, **values: Any) -> list[Row]:
    """The rows whose columns have these values, by primary key; the names are those of fields, as of `filter`."""
    statement, fields = _statement(model, tuple(values))
    prepared = [
        field.get_db_prep_value(value, connection) for field, value in zip(fields, values.values(), strict=True)
    ]
    ending = lock if lock and connection.features.has_select_for_no_key_update else ""
    return list(model._default_manager.raw(statement + ending, prepared))


def row_by(model: type[Row], **values: Any) -> Row | None:
    """The first of them; None where there is none."""
    return next(iter(rows_by(model, **values)), None)


def lock_row(model: type[Row], **values: Any) -> Row | None:
    """The same; nobody else writes that row before this transaction has ended (SQLite has one writer anyway)."""
    return next(iter(rows_by(model, LOCKED, **values)), None)


@cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    quote = connection.ops.quote_name
    fields = tuple(model._meta.get_field(name) for name in names)
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    fitting = " AND ".join(f"{quote(field.column)} = %s" for field in fields)
    return f"SELECT * FROM {table} WHERE {fitting} ORDER BY {key}", fields  # noqa: S608 - our names
