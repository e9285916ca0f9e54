"""Plug-ins of somebody else: a distribution beside the product, found by its entry points as any installed one is."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from workers.plugins import plugins

INSTALLED = Path(__file__).parent / "installed"  # what a packager would have put into site-packages


@contextmanager
def plugged() -> Iterator[None]:
    """The toys are installed as long as this lasts, and not known before or after."""
    sys.path.insert(0, str(INSTALLED))
    importlib.invalidate_caches()
    plugins.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(INSTALLED))
        plugins.cache_clear()


def toys(kind: str) -> dict[str, Any]:
    """The toy plug-ins of one kind by name."""
    with plugged():
        (toy,) = distributions(path=[str(INSTALLED)])
        return {entry.name: entry.load() for entry in toy.entry_points.select(group=f"kilnmark.{kind}")}
