"""`websockets` as its documentation shows: the reconnecting iterator, with a list of what waits.

All settings are the defaults: a ping every 20 s, 20 s to answer it. The server echoes, so that the
client can know what arrived; it makes no use of that, as most programs do not.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

from lines import numbers, tell
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


async def server(port: int, log: Path) -> None:
    async def answer(link: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for number in link:
                assert isinstance(number, str)
                with log.open("a") as file:
                    file.write(f"{number}\n")
                await link.send(number)

    async with serve(answer, "127.0.0.1", port):
        await asyncio.Event().wait()


async def client(port: int) -> None:
    waiting: list[str] = []
    typed = asyncio.Event()

    async def type_in() -> None:
        async for number in numbers():
            waiting.append(number)
            tell(f"queued {number}")
            typed.set()

    async def send(link: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                while waiting:
                    await link.send(waiting[0])
                    waiting.pop(0)
                typed.clear()
                await typed.wait()

    typing = asyncio.create_task(type_in())
    async for link in connect(f"ws://127.0.0.1:{port}/", proxy=None):
        tell("up")
        sending = asyncio.create_task(send(link))
        with contextlib.suppress(ConnectionClosed):
            async for number in link:
                assert isinstance(number, str)
                tell(f"heard {number}")
        sending.cancel()
        tell("down")
    await typing


role, port, *log = sys.argv[1:]
asyncio.run(client(int(port)) if role == "client" else server(int(port), Path(log[0])))
