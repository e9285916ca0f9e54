"""The rows of a platform on PostgreSQL, read by the same questions."""

from __future__ import annotations

import re
import time
from typing import Any
from uuid import UUID

import psycopg

from tests.faults.rows import Rows

AS_HERE = (  # how SQLite says it, and how PostgreSQL does
    (r"json_extract\(([\w.]+), '\$\.(\w+)'\)", r"(\1->>'\2')"),
    (r"julianday\((\w+)\)", r"(extract(epoch FROM \1) / 86400 + 2440587.5)"),
)
STANDS_S = 1.0  # a transaction that is idle for so long is nobody's who is at work
IDLE_WRITERS = """SELECT pid, state_change FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%' AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"""


class PostgresRows(Rows):
    """The same questions to a PostgreSQL database; ids come as the 32 hexadecimal digits of SQLite."""

    kind = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query that was written for SQLite."""
        for there, here in AS_HERE:
            query = re.sub(there, here, query)
        said = query.replace("%", "%%").replace("?", "%s")
        with psycopg.connect(self.url) as line:
            rows = line.execute(said, values).fetchall()  # type: ignore[arg-type]
        return [tuple(one.hex if isinstance(one, UUID) else one for one in row) for row in rows]

    def amid_a_write(self) -> bool:
        """Whether somebody who stands still holds locks on rows."""
        before = set(self.ask(IDLE_WRITERS))
        time.sleep(STANDS_S)
        return bool(before & set(self.ask(IDLE_WRITERS)))
