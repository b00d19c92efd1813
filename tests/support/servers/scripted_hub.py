"""A hub that answers ``GET /hub/api/user`` as a test tells it, over real sockets.

    async with ScriptedHub(known("ada")) as hub:
        HubAuthenticator(hub.service), hub.tokens

An *answer* is any coroutine function of a token that returns the bytes of a response. Any but a
whole one with status 200 ends the connection. It is cancelled when the client leaves, and when the
hub ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Self

from tutor_widget.server.auth.hub import HubService

__all__ = ["SCOPE", "Answer", "ScriptedHub", "known", "response", "user"]

SCOPE: Final = "access:services!service=tutor"
Answer = Callable[[str], Awaitable[bytes]]


class ScriptedHub:
    """Listens on a free port of loopback while its block lasts."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.tokens: list[str] = []
        """Of the requests that came, in order."""
        self.heads: list[str] = []
        """What came with them."""
        self.under_way = 0
        self.most_at_once = 0
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def service(self) -> HubService:
        return HubService(f"http://127.0.0.1:{self._port}/hub/api", frozenset({SCOPE}))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, again after a `stop`."""
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections from now on, and cut those that there are."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                said = await _unless_left(reader, self._reply(head))
                writer.write(said)
                await writer.drain()
                if not said.startswith(b"HTTP/1.1 200 Of Course\r\nContent-Length"):
                    break
        self._tasks.discard(task)
        writer.transport.abort()

    async def _reply(self, head: str) -> bytes:
        assert head.startswith("GET /hub/api/user HTTP/1.1\r\n")
        lines = (line.partition(": ") for line in head.splitlines()[1:])
        token = {name.lower(): value for name, _, value in lines}["authorization"]
        self.heads.append(head)
        self.tokens.append(token.removeprefix("Bearer "))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return await self.answer(self.tokens[-1])
        finally:
            self.under_way -= 1


async def _unless_left(reader: StreamReader, reply: Coroutine[Any, Any, bytes]) -> bytes:
    """The reply, which is cancelled if the client leaves before."""
    replying, leaving = asyncio.create_task(reply), asyncio.create_task(reader.read(1))
    try:
        await asyncio.wait({replying, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        replying.cancel()
        leaving.cancel()
        await asyncio.gather(replying, leaving, return_exceptions=True)
    return replying.result()


def response(status: int, body: bytes = b"{}", *headers: str) -> bytes:
    """The bytes of a response with this body."""
    lines = [f"HTTP/1.1 {status} Of Course", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def user(name: str, *scopes: str, **more: Any) -> bytes:
    """The response with the model of a user."""
    model = {"kind": "user", "name": name, "scopes": scopes or [SCOPE], "groups": []}
    return response(200, json.dumps(model | more).encode())


def known(*names: str) -> Answer:
    """A hub that knows these users, whose tokens are their names."""

    async def answer(token: str) -> bytes:
        return user(token) if token in names else response(403)

    return answer
