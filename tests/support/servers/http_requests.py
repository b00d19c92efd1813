"""Plain HTTP requests to a server in the test's own process."""

from __future__ import annotations

import asyncio
from email.message import Message as Headers
from email.parser import Parser
from typing import Final

from tests.support.servers.peers import PATIENCE
from tutor_widget.server import Server

UPGRADE: Final = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "tutor.v1",
}
"""The headers of a handshake."""


async def get(
    server: Server, path: str, headers: dict[str, str] | None = None
) -> tuple[int, Headers, str]:
    """Returns status, headers and body of one GET."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        sent = {"Host": "localhost"} | (headers or {})
        lines = [f"{name}: {value}\r\n" for name, value in sent.items()]
        writer.write(f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
        status = int((await reader.readline()).split()[1])
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"" if status == 101 else await reader.read()
        writer.close()
        return status, Parser().parsestr(head.decode()), body.decode()
