"""Text at the speed at which people read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

__all__ = ["at_pace"]


async def at_pace(text: str, pace: float) -> AsyncIterator[str]:
    """Yields the text word by word at ``pace`` characters a second; 0: all at once.

    A word that comes late does not delay those behind it, so a busy server keeps the pace.
    """
    if pace <= 0:
        yield text
        return
    loop = asyncio.get_running_loop()
    due = loop.time()
    for word in re.findall(r"\s*\S{1,40}|\s+\Z", text):
        yield word
        due += len(word) / pace
        await asyncio.sleep(due - loop.time())
