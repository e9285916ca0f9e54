"""Routes of REST version 1."""

from __future__ import annotations

urlpatterns: list[object] = []
