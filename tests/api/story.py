"""A story of several clients at once, told in a loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections

WITHIN_S = 30  # one that hangs fails


def run(story: Coroutine[Any, Any, Any]) -> Any:
    """Run a story to its end. Its thread for calls stays, the connection of that thread does not."""

    async def whole() -> Any:
        try:
            return await asyncio.wait_for(story, WITHIN_S)
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(whole())
