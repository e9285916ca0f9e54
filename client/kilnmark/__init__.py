"""The client of a Kilnmark platform: a library and a command line; it imports nothing of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kilnmark.async_client import AsyncClient
    from kilnmark.client import Client
    from kilnmark.retries import Retries

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "Retries", "__version__"]
PLACES = {"AsyncClient": "kilnmark.async_client", "Client": "kilnmark.client", "Retries": "kilnmark.retries"}


def __getattr__(name: str) -> Any:
    """Loaded when it is wanted: checking a file offline needs no HTTP."""
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(PLACES[name]), name)
