"""A banner on every page of the admin, for operators, while something is wrong with the audit log."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from audit.alarms import standing
from desk.words.sentences import in_language


def log_alarms(request: HttpRequest) -> dict[str, Any]:
    """A context processor: sentences, asked for only by pages that show them, and empty for all but operators."""
    user = getattr(request, "user", None)
    if user is None:
        return {}
    return {"log_alarms": SimpleLazyObject(lambda: _said() if user.is_superuser else [])}


def _said() -> list[str]:
    return [in_language(one) for one in standing()]
