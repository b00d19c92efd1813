"""python-socketio with its Redis manager, and a SQLite file that each message reaches first.

    socketio_redis.py server PORT REDIS_URL FILE
    socketio_redis.py client PORT LEARNERS SECONDS     prints messages a second

A learner has a room. A message is committed (WAL, synchronous=FULL) and emitted to the room; then
so is its answer. That is what a tutor of two commits does with this library on several nodes. There
is no log to come back to, no claim, no repeat that is recognised.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from typing import Any

import socketio
from aiohttp import web

TEXT = "Why does my loop skip the last element of the list?"


def server(port: int, redis: str, file: str) -> None:
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE events (room TEXT, role TEXT, text TEXT)")
    sio = socketio.AsyncServer(
        client_manager=socketio.AsyncRedisManager(redis), async_handlers=False
    )

    async def commit(room: str, role: str, text: str) -> None:
        values = (room, role, text)
        await asyncio.to_thread(db.execute, "INSERT INTO events VALUES (?, ?, ?)", values)
        await sio.emit("event", {"role": role, "text": text}, room=room)

    @sio.on("message")
    async def take(sid: str, text: str) -> None:
        await commit(sid, "learner", text)
        await commit(sid, "tutor", text)

    app = web.Application()
    sio.attach(app)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


async def client(port: int, learners: int, seconds: float) -> None:
    end = time.monotonic() + 1e9
    counts = [0] * learners

    async def learner(number: int) -> socketio.AsyncClient:
        sio = socketio.AsyncClient()

        @sio.on("event")
        async def read(event: dict[str, Any]) -> None:
            if event["role"] == "tutor":
                counts[number] += 1
                if time.monotonic() < end:
                    await sio.emit("message", TEXT)

        await sio.connect(f"http://127.0.0.1:{port}", transports=["websocket"], retry=True)
        return sio

    crowd = [await learner(number) for number in range(learners)]
    began, end = time.monotonic(), time.monotonic() + seconds
    await asyncio.gather(*(one.emit("message", TEXT) for one in crowd))
    await asyncio.sleep(seconds)
    print(sum(counts) / (time.monotonic() - began), flush=True)
    await asyncio.gather(*(one.disconnect() for one in crowd))


role, *rest = sys.argv[1:]
if role == "client":
    asyncio.run(client(int(rest[0]), int(rest[1]), float(rest[2])))
else:
    server(int(rest[0]), rest[1], rest[2])
