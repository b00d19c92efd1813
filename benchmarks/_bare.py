"""A bare `websockets` server, for `server.py` to compare with.

    python _bare.py REPLAY ANSWER

It echoes each frame. At ``/replay`` it sends the lines of REPLAY for the first frame of a
connection, at ``/answer`` those of ANSWER for each frame. Prints its port.
"""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tutor_widget.wire import SUBPROTOCOL


async def main(replay: list[str], answer: list[str]) -> None:
    """Serve until the process is killed."""

    async def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        if connection.request.path == "/replay":
            await connection.recv()
            for frame in replay:
                await connection.send(frame)
        elif connection.request.path == "/answer":
            async for _ in connection:
                for frame in answer:
                    await connection.send(frame)
        async for message in connection:
            await connection.send(message)

    subprotocols = [Subprotocol(SUBPROTOCOL)]
    async with serve(handle, "127.0.0.1", 0, compression=None, subprotocols=subprotocols) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(*(frames.splitlines() for frames in sys.argv[1:])))
