"""One row into the database without the detours of a model's save, which cost more than the row."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models


def insert(row: models.Model) -> None:
    """INSERT a new row; no signals, nothing is asked back: a key that the database counts stays unknown."""
    model = type(row)
    database = connections[DEFAULT_DB_ALIAS]  # the connection itself: its proxy costs as much as the columns
    fields, statement = _statement(model, database.vendor)
    values = [field.get_db_prep_save(getattr(row, field.attname), database) for field in fields]
    with database.cursor() as cursor:
        cursor.execute(statement, values)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _statement(model: type[models.Model], vendor: str) -> tuple[tuple[models.Field[Any, Any], ...], str]:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    fields = tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))
    columns, places = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    return fields, f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our names
