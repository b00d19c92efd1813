"""Learners who write as fast as they are answered, or at a rate; all on one event loop."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tutor_widget.wire import SUBPROTOCOL, Hello, Send, encode

__all__ = ["Learner", "crowd", "late"]

TEXT: Final = "Why does my loop skip the last element of the list?"
_ABREAST: Final = 50
"""Learners who connect at the same time."""
_ANSWERED: Final = re.compile(rb'"re":"(\w+)"')
_TAKEN: Final = re.compile(rb'"id":"(\w+)"')


class Learner:
    """A connection to a session of its own. Times in seconds.

    ``commits``  from each message to its event, which is sent when it is durable
    ``replies``  from that event to the answer's
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.commits: list[float] = []
        self.replies: list[float] = []
        self._taken_at = 0.0
        self._connection = connection
        self._said: dict[bytes, float] = {}

    def forget(self) -> None:
        """Begin to note anew."""
        self.commits, self.replies = [], []

    async def say(self, text: str = TEXT) -> None:
        """Send a message, and read until it is answered."""
        id = secrets.token_hex(8)
        self._said[id.encode()] = time.perf_counter()
        await self._connection.send(encode(Send(id=id, text=text)))
        while not self._is_answer(await self._connection.recv(decode=False), id.encode()):
            pass
        self.replies.append(time.perf_counter() - self._taken_at)

    async def say_until(self, end: float) -> None:
        """One message after the other, until that time of the loop."""
        while asyncio.get_running_loop().time() < end:
            await self.say()

    async def say_every(self, seconds: float, first: float, end: float) -> None:
        """One message at each of these times, the first at ``first`` of the loop's."""
        loop = asyncio.get_running_loop()
        due = first
        while due < end:
            await asyncio.sleep(due - loop.time())
            await self.say()
            due = max(due + seconds, loop.time())

    def _is_answer(self, frame: bytes, id: bytes) -> bool:
        # Not decoded: what the learners do is no part of what is measured.
        if not frame.startswith(b'{"type":"event"'):
            return False
        if (answer := _ANSWERED.search(frame)) is not None:
            return answer[1] == id
        if (taken := _TAKEN.search(frame)) is not None and taken[1] in self._said:
            self._taken_at = time.perf_counter()
            self.commits.append(self._taken_at - self._said.pop(taken[1]))
        return False


@asynccontextmanager
async def crowd(url: str, number: int) -> AsyncIterator[list[Learner]]:
    """So many learners, each welcomed and answered once."""
    async with AsyncExitStack() as stack:
        gate = asyncio.Semaphore(_ABREAST)

        async def learner() -> Learner:
            async with gate:
                connection = await stack.enter_async_context(
                    connect(
                        url,
                        subprotocols=[Subprotocol(SUBPROTOCOL)],
                        compression=None,
                        ping_interval=None,
                        proxy=None,
                        max_size=None,
                    )
                )
                session, instance = secrets.token_hex(16), secrets.token_hex(8)
                hello = Hello(session=session, instance=instance, dial=1, client="bench/1")
                await connection.send(encode(hello))
                await connection.recv()
                made = Learner(connection)
                await made.say("Hello")
            made.forget()
            return made

        yield await asyncio.gather(*(learner() for _ in range(number)))


def late(values: list[float], share: float = 0.99) -> float:
    """The value that so many of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
