"""The nearest artifacts of several projects and values of one column, in a query that reads only the ends of an index.

The union is written by hand: each part has its own order and limit, which Django's unions do not allow on SQLite, and
a hundred parts would take it longer to write than the database to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from lineage.models import FILTERS, Artifact
from models_store.errors import InvalidInput

MOST_TERMS = 100  # of one query; SQLite takes 500


def nearest(
    terms: Sequence[tuple[UUID, Any]], column: str, count: int, *, back: bool = False, start: UUID | None = None,
    since: UUID | None = None, before: UUID | None = None,
) -> list[UUID]:  # fmt: skip
    """At most `count` ids of artifacts of these (project, value of the column), newest first from `start` on.

    With `back` those after `start`, oldest first. `column` is one of FILTERS, or "" where only projects count; ids
    lie from `since` to below `before`.
    """
    if column and column not in FILTERS:
        raise InvalidInput("No index has this column.", field="column", expected=list(FILTERS), got=column)
    bounds = [(" > " if back else " <= ", start), (" >= ", since), (" < ", before)]
    found: list[UUID] = []
    for first in range(0, len(terms), MOST_TERMS):
        found += _union(terms[first : first + MOST_TERMS], column, count, [one for one in bounds if one[1]], back)
    return sorted(found, reverse=not back)[:count]


def _union(
    terms: Sequence[tuple[UUID, Any]], column: str, count: int, bounds: Sequence[tuple[str, Any]], back: bool
) -> list[UUID]:  # fmt: skip
    name, meta = connection.ops.quote_name, Artifact._meta
    key, order = meta.get_field("id"), "ASC" if back else "DESC"
    filters = [meta.get_field("project"), *([meta.get_field(column)] if column else [])]
    wanted = [f"{name(field.column)} = %s" for field in filters]
    wanted += [f"{name('id')}{sign}%s" for sign, _bound in bounds]
    part = f"SELECT {name('id')} FROM {name(meta.db_table)} WHERE {' AND '.join(wanted)}"  # noqa: S608 - our own names
    part = f"SELECT * FROM ({part} ORDER BY {name('id')} {order} LIMIT %s) AS part"  # noqa: S608
    edges = [key.get_db_prep_value(bound, connection) for _sign, bound in bounds]
    said: list[Any] = []
    for term in terms:
        values = [field.get_db_prep_value(one, connection) for field, one in zip(filters, term, strict=False)]
        said += [*values, *edges, count]
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join([part] * len(terms))} ORDER BY 1 {order} LIMIT %s", [*said, count])
        return [one if isinstance(one, UUID) else UUID(one) for (one,) in cursor.fetchall()]
