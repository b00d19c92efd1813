"""Tutors for tests: `--tutor tests.support.servers.tutors:Tokens`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tutor_widget.server.tutors import Turn

HOLD: Final = "hold"
"""The file in a server's folder that holds up the replies of `Held`."""


class Tokens:
    """Answers "300 50" with 300 tokens of four letters, 50 a second."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        count, rate = map(int, turn.message.split())
        loop = asyncio.get_running_loop()
        start = loop.time()
        for n in range(count):
            await asyncio.sleep(start + n / rate - loop.time())
            yield f"{n:03} "


class Careful:
    """Every answer waits for a person."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        turn.hold = True
        yield f"draft: {turn.message}"


class Until:
    """Answers until the file exists that the message names."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        for n in itertools.count():
            yield f"word{n:03} "
            await asyncio.sleep(0.05)
            if Path(turn.message).exists():  # noqa: ASYNC240
                return


class Counted:
    """Says in its state that an AI answers, and what the message says is left of its budget; the
    next one begins in an hour."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        budget = {"left": float(turn.message), "until": int((time.time() + 3600) * 1000)}
        turn.state |= {"ai": True, "budget": budget}
        yield "counted"


class Held:
    """Echoes word by word. A reply stops after the text in the file `HOLD`, until that is gone."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        reply = ""
        for word in re.findall(r"\s*\S+|\s+\Z", turn.message):
            reply += word
            yield word
            await asyncio.sleep(0.01)
            while _is_held(reply):  # noqa: ASYNC110  # the test is another process
                await asyncio.sleep(0.02)


def _is_held(reply: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return reply.endswith(Path(HOLD).read_text("utf-8"))
    return False
