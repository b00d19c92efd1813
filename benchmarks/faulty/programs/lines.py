"""The language of the harness, for the peers' programs in Python."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator


def tell(line: str) -> None:
    """Say a line to the harness."""
    print(line, flush=True)


async def numbers() -> AsyncIterator[str]:
    """The messages to send, as they come."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell("ready")
    async for line in reader:
        yield line.decode().strip()
