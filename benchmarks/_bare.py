"""A bare `websockets` server, for `server.py` to compare with.

    python _bare.py FRAMES

It echoes each frame. To the first frame of a connection at ``/replay`` it sends the lines of the
file FRAMES instead. Prints its port.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tutor_widget.wire import SUBPROTOCOL


async def main(frames: list[str]) -> None:
    """Serve until the process is killed."""

    async def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        if connection.request.path == "/replay":
            await connection.recv()
            for frame in frames:
                await connection.send(frame)
        async for message in connection:
            await connection.send(message)

    subprotocols = [Subprotocol(SUBPROTOCOL)]
    async with serve(handle, "127.0.0.1", 0, compression=None, subprotocols=subprotocols) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text().splitlines()))
