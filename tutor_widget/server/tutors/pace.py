"""Text at the speed at which people read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

__all__ = ["at_pace"]


async def at_pace(text: str, pace: float) -> AsyncIterator[str]:
    """Yields the text word by word at ``pace`` characters a second; 0: all at once."""
    if pace <= 0:
        yield text
        return
    for word in re.findall(r"\s*\S{1,40}|\s+\Z", text):
        yield word
        await asyncio.sleep(len(word) / pace)
