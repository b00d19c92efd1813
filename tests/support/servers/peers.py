"""A client that a test drives frame by frame, and servers in the test's own process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tutor_widget.server import (
    Authenticator,
    Server,
    Settings,
    SQLiteStore,
    Store,
    Turn,
    Tutor,
    open_store,
)
from tutor_widget.server.tutors.echo import EchoTutor

PATIENCE = 60.0
"""The outer limit of everything that is waited for, in seconds. Never asserted."""
SESSION = "session-of-at-least-22-characters"
Frame = dict[str, Any]


class Peer:
    """A client that sends what the test says, and reads frames one by one."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[str] = []
        self.last: Frame = {}
        """The frame that was read last."""

    async def say(self, kind: str, **keys: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **keys}))

    async def hello(self, session: str = SESSION, **keys: Any) -> Frame:
        """Say hello and read the welcome."""
        await self.say_hello(session, **keys)
        return await self.next("welcome")

    async def say_hello(self, session: str = SESSION, **keys: Any) -> None:
        usual = {"instance": "instance", "dial": 1, "client": "test/1"}
        await self.say("hello", session=session, **usual | keys)

    async def read(self) -> Frame:
        async with asyncio.timeout(PATIENCE):
            frame: Frame = json.loads(await self.socket.recv())
        self.seen.append(frame["type"])
        self.last = frame
        return frame

    async def next(self, kind: str, **keys: Any) -> Frame:
        """The next frame of that type with those values; others are skipped."""
        while True:
            frame = await self.read()
            if frame["type"] == kind and keys.items() <= frame.items():
                return frame

    async def events(self, count: int) -> list[Frame]:
        """The next ``count`` events."""
        return [await self.next("event") for _ in range(count)]

    async def answer(self, message_id: str) -> Frame:
        """The event that answers the message."""
        return await self.next("event", re=message_id)

    async def ending(self) -> tuple[int, str]:
        """Read until the server closes; code and reason."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.read()
        return self.socket.close_code or 0, self.socket.close_reason or ""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what cannot be awaited."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # nobody sets an event for this
            await asyncio.sleep(0.01)


def gauge(server: Server, name: str) -> float:
    """What the server's metrics say of it now."""
    found = re.search(rf"^tutor_{name} (\S+)$", server.metrics.render(), re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@contextlib.asynccontextmanager
async def peer(
    url: str, token: str | None = None, headers: Mapping[str, str] | None = None, **options: Any
) -> AsyncIterator[Peer]:
    """A connection that has not said hello yet."""
    headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    async with connect(
        url,
        subprotocols=[Subprotocol("tutor.v1")],
        additional_headers=headers,
        proxy=None,
        compression=None,
        ping_interval=None,
        close_timeout=1,
        max_size=8 << 20,
        **options,
    ) as socket:
        yield Peer(socket)


@contextlib.asynccontextmanager
async def serving(
    path: Path | str,
    tutor: Tutor | None = None,
    *,
    authenticator: Authenticator | None = None,
    host: str = "127.0.0.1",
    **settings: Any,
) -> AsyncIterator[Server]:
    """A server in this process, on the SQLite file ``path``, or on the database at that URL."""
    opening = SQLiteStore.open_file(path) if isinstance(path, Path) else open_store(path)
    store: Store = await opening
    try:
        usual = {"rate": 0.0, "new_sessions": 0.0, "drain": 0.0, "tick": 0.05}
        chosen = Settings(**usual | settings)
        async with Server(
            store, tutor or EchoTutor(), chosen, host=host, authenticator=authenticator
        ) as server:
            yield server
    finally:
        await store.close()


class Script:
    """A tutor that yields the words that the test gives it."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()
        self.cancelled = asyncio.Event()

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        self.turns.put_nowait(turn)
        try:
            while (word := await self.words.get()) is not None:
                if isinstance(word, Exception):
                    raise word
                yield word
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def asked(self) -> list[Turn]:
        """The turns since the last call."""
        return [self.turns.get_nowait() for _ in range(self.turns.qsize())]

    def say(self, *words: str | Exception | None) -> None:
        for word in words:
            self.words.put_nowait(word)
