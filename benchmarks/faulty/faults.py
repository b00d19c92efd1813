"""What can be inflicted, and when the path is whole again.

A fault is a coroutine over a `Scene`. It calls `begins` when the harm is done and `restored` when
the last thing that it broke works again: if it broke connections only, that is the same moment.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.faulty.actors import Client, Proxy, Server


@dataclass
class Scene:
    """Those who act in a trial. Times are those of `time.monotonic`."""

    proxy: Proxy
    server: Server
    client: Client
    silence: float
    """Seconds that the fault *silence* lasts."""
    accepted: int = 0
    """Connections that the proxy had accepted when it began."""
    began_at: float = 0.0
    restored_at: float = 0.0

    async def begins(self) -> None:
        self.accepted = await self.proxy.accepted()
        self.began_at = self.restored_at = time.monotonic()

    def restored(self) -> None:
        self.restored_at = time.monotonic()


async def close(scene: Scene) -> None:
    """every connection closed in good order, as by a proxy that restarts"""
    await scene.begins()
    await scene.proxy.tell("close")


async def reset(scene: Scene) -> None:
    """every connection reset"""
    await scene.begins()
    await scene.proxy.tell("reset")


async def server_killed(scene: Scene) -> None:
    """server killed (SIGKILL), started again after 3 s"""
    await scene.begins()
    await scene.server.kill()
    await asyncio.sleep(3)
    await scene.server.start()
    scene.restored()


async def replies_dropped(scene: Scene) -> None:
    """what the server sends is lost for 3 s, then every connection is reset"""
    await scene.begins()
    await scene.proxy.tell("swallow")
    await asyncio.sleep(3)
    await scene.proxy.tell("reset")
    await scene.proxy.tell("restore")
    scene.restored()


async def half_open(scene: Scene) -> None:
    """the connection silently dead forever, new ones possible"""
    await scene.begins()
    await scene.proxy.tell("deaden")


async def silence(scene: Scene) -> None:
    """everything silently dead, new connections too"""
    await scene.begins()
    await scene.proxy.tell("silence")
    await asyncio.sleep(scene.silence)
    await scene.proxy.tell("restore")
    scene.restored()


async def server_stopped(scene: Scene) -> None:
    """server frozen (SIGSTOP) for 8 s"""
    await scene.begins()
    scene.server.signal(signal.SIGSTOP)
    await asyncio.sleep(8)
    scene.server.signal(signal.SIGCONT)
    scene.restored()


async def client_killed(scene: Scene) -> None:
    """an outage of some 5 s; in it the client is killed (SIGKILL) and started again"""
    await scene.begins()
    await scene.proxy.tell("refuse")
    await scene.proxy.tell("reset")
    await asyncio.sleep(2)
    await scene.client.kill()
    await asyncio.sleep(1)
    await scene.client.start()
    await asyncio.sleep(1)
    await scene.proxy.tell("restore")
    scene.restored()


FAULTS: Final[dict[str, Callable[[Scene], Awaitable[None]]]] = {
    "close": close,
    "reset": reset,
    "server-kill": server_killed,
    "replies-dropped": replies_dropped,
    "half-open": half_open,
    "silence": silence,
    "server-stop": server_stopped,
    "client-kill": client_killed,
}
