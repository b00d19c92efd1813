"""Tutors for tests: `--tutor tests.support.servers.tutors:Tokens`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

from tutor_widget.server.tutors import Turn


class Tokens:
    """Answers "300 50" with 300 tokens of four letters, 50 a second."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        count, rate = map(int, turn.message.split())
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n in range(count):
            await asyncio.sleep(start + n / rate - loop.time())
            yield f"{n:03} "


class Until:
    """Answers until the file exists that the message names."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        for n in itertools.count():
            yield f"word{n:03} "
            await asyncio.sleep(0.05)
            if Path(turn.message).exists():  # noqa: ASYNC240
                return
