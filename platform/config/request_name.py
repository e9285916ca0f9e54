"""The id of the request that is being answered, in every line that is logged meanwhile."""

from __future__ import annotations

import logging
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
ACCESS = "kilnmark.access"  # its lines carry the id themselves


class Named(logging.Filter):
    """Gives each record ` request=ID` as `record.request`; nothing outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """All records pass."""
        name = "" if record.name == ACCESS else REQUEST.get()
        record.request = f" request={name}" if name else ""
        return True
