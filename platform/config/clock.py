"""What time it is: the database server's on PostgreSQL (workers' clocks may differ), the host's on SQLite."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The present moment, aware, in UTC."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)
    return datetime.now(UTC)
