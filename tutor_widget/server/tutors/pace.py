"""Words at the speed at which they are read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

__all__ = ["at_pace"]


async def at_pace(text: str, pace: float) -> AsyncIterator[str]:
    """The text word by word, ``pace`` characters a second; whole and at once for 0."""
    if pace <= 0:
        yield text
        return
    for word in re.findall(r"\s*\S{1,40}|\s+\Z", text):
        yield word
        await asyncio.sleep(len(word) / pace)
