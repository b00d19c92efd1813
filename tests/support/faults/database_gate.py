"""The way to a PostgreSQL, which a test may cut or freeze."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from pathlib import Path

__all__ = ["DatabaseGate"]


class DatabaseGate:
    """Listens on loopback, and carries bytes to the cluster whose socket is in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / ".s.PGSQL.5432"
        self._server: asyncio.Server | None = None
        self._port = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> DatabaseGate:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shut()

    def url(self, database: str) -> str:
        return f"postgresql://tutor@127.0.0.1:{self._port}/{database}?sslmode=disable"

    async def open(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # in which the connections end

    def freeze(self) -> None:
        """Carry no byte any more, and say nothing of it, until `thaw`."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_unix_connection(self._socket)
            self._writers.add(back)
            try:
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            finally:
                back.transport.abort()
                self._writers.remove(back)
        writer.transport.abort()  # also if the database does not listen
        self._writers.remove(writer)
        self._tasks.discard(task)

    async def _pump(self, source: StreamReader, sink: StreamWriter) -> None:
        while data := await source.read(1 << 16):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.transport.abort()
