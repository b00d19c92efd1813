"""WebSocket frames byte by byte, also such as no library would send (RFC 6455 §5.2)."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import Any

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: tutor.v1\r\n\r\n"
)


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    size: int | None = None,
) -> bytes:
    """One frame, masked with zeros as a client's. ``size``: what it says to be its size."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    length = len(payload) if size is None else size
    mask = 0x80 if masked else 0
    if length < 126:
        head = bytes((first, mask | length))
    elif length < 1 << 16:
        head = bytes((first, mask | 126)) + struct.pack(">H", length)
    else:
        head = bytes((first, mask | 127)) + struct.pack(">Q", length)
    return head + (bytes(4) if masked else b"") + payload


class Raw:
    """A TCP connection, below all libraries."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def upgrade(self) -> None:
        self.writer.write(HANDSHAKE)
        assert (await self.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")

    async def read(self) -> tuple[int, bytes]:
        """The server's next frame: opcode and payload."""
        first, size = await self.reader.readexactly(2)
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        return first & 15, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """Read the server's frames up to the one that closes."""
        while (read := await self.read())[0] != 8:
            pass
        return int.from_bytes(read[1][:2])

    async def discard(self) -> None:
        """Read until the connection ends, and keep nothing."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1 << 16):
                pass

    async def pour(self, data: bytes) -> int:
        """Write it again and again until the server cuts the connection; bytes written."""
        written = 0
        with contextlib.suppress(ConnectionError):
            while not self.reader.at_eof():
                self.writer.write(data)
                written += len(data)
                await self.writer.drain()
                await asyncio.sleep(0)  # `drain` lets no other task run while nothing is to drain
        return written


@contextlib.asynccontextmanager
async def raw(port: int, **options: Any) -> AsyncIterator[Raw]:
    """A connection to a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
