"""Banners on every page of the admin while something is wrong."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from desk.trouble.banners import banners


def troubles(request: HttpRequest) -> dict[str, Any]:
    """A context processor: looked for only by pages that show them, and for nobody before the login."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"troubles": SimpleLazyObject(lambda: banners(user))}
