"""A TCP server that does what a test tells it: proxies, and peers that speak no HTTP at all."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

from tests.support.threaded import Threaded

Handle = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class Tcp(Threaded):
    """Listens on loopback, in a thread of its own; ``handle`` is run for each connection."""

    def __init__(self, handle: Handle) -> None:
        super().__init__()
        self._handle = handle
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)

    async def end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        # Asyncio reports a handler that is cancelled; and its ends are what these tests are about.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await self._handle(reader, writer)
        self._tasks.discard(task)
        writer.transport.abort()


async def relay(reader: StreamReader, writer: StreamWriter, port: int) -> None:
    """Carry bytes between a connection and a port of this machine until either ends."""
    await join(reader, writer, *await asyncio.open_connection("127.0.0.1", port))


async def join(
    reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
) -> None:
    """Carry bytes between two connections until either ends."""
    try:
        await asyncio.wait(
            [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        back.transport.abort()


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()


def answering_with(data: bytes) -> Handle:
    """Say this to whatever comes, and hang up once it has been taken."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    return handle
