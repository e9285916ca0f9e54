"""The id of the request that is being answered, in every line that is logged meanwhile."""

from __future__ import annotations

import logging
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
ACCESS = "kilnmark.access"  # its lines carry the id themselves
OF_STRANGERS = "django.security.DisallowedHost"  # anybody can bring these about: a line of the log, not forty


class Named(logging.Filter):
    """Gives each record ` request=ID` as `record.request`; nothing outside a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """All records pass."""
        if record.name == OF_STRANGERS:
            record.exc_info = None
        name = "" if record.name == ACCESS else REQUEST.get()
        record.request = f" request={name}" if name else ""
        return True
