"""python-socketio at its best: settings for a quick return, and an outbox and a dedupe of our own.

It has neither retries nor recovery, so the client keeps what is not acknowledged and sends it again
after each connect; the server takes each number once, also after a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
from pathlib import Path

import socketio
from aiohttp import web
from lines import numbers, tell


def server(port: int, log: Path) -> None:
    taken = set(log.read_text().split()) if log.exists() else set()
    # In the order of arrival: the default handles each event in a task of its own.
    sio = socketio.AsyncServer(ping_interval=5, ping_timeout=5, async_handlers=False)

    @sio.on("message")
    async def take(_sid: str, number: str) -> bool:
        if number not in taken:
            taken.add(number)
            with log.open("a") as file:
                file.write(f"{number}\n")
        return True

    app = web.Application()
    sio.attach(app)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


async def client(port: int) -> None:
    sio = socketio.AsyncClient(
        reconnection_delay=0.5,
        reconnection_delay_max=1,
        randomization_factor=0.5,
        request_timeout=5,
    )
    outbox: dict[str, None] = {}  # in order, until acknowledged
    sent: set[str] = set()  # on this connection
    work = asyncio.Event()

    def acknowledged(number: str, *_: object) -> None:
        outbox.pop(number, None)
        tell(f"heard {number}")

    @sio.event
    async def connect() -> None:
        tell("up")
        sent.clear()
        work.set()

    @sio.event
    async def disconnect(_reason: str) -> None:
        tell("down")

    async def send() -> None:
        while True:
            await work.wait()
            work.clear()
            # It raises while it is not connected; the next connect comes back to it.
            with contextlib.suppress(socketio.exceptions.SocketIOError):
                for number in [number for number in outbox if number not in sent]:
                    done = functools.partial(acknowledged, number)
                    await sio.emit("message", number, callback=done)
                    sent.add(number)

    async def type_in() -> None:
        async for number in numbers():
            outbox[number] = None
            tell(f"queued {number}")
            work.set()

    url = f"http://127.0.0.1:{port}"
    connecting = sio.connect(url, transports=["websocket"], retry=True, wait_timeout=5)
    await asyncio.gather(type_in(), send(), connecting)


role, port, *log = sys.argv[1:]
if role == "client":
    asyncio.run(client(int(port)))
else:
    server(int(port), Path(log[0]))
