"""Pages of a dashboard as browsers have them open: told of changes, they ask for themselves."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from html import unescape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from tests.support.servers.dashboard import Browser
from tests.support.servers.peers import PATIENCE

__all__ = ["OpenPage", "opened"]

_GATHER: Final = 0.15
"""Seconds in which the page's script gathers changes (js/src/dashboard/live.ts)."""
_TOPICS: Final = re.compile(r'data-topics="([^"]*)"')


class OpenPage:
    """One page, with its stream of changes. ``asks``: whether it asks for itself anew."""

    def __init__(self, browser: Browser, path: str, *, asks: bool = True) -> None:
        self.path = path
        self.told = 0
        """Changes that it was told of, the last at `told_at` (`time.monotonic`)."""
        self.told_at = 0.0
        self._asks = asks
        self._place = urlsplit(browser.url)
        self._cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        self._news = asyncio.Event()
        self._tells = asyncio.Condition()
        self._drawn = asyncio.Event()
        self._drawn.set()

    async def draw(self) -> bytes:
        """Ask for the page, as its script does; what came."""
        reader, writer = await self._request(f"/{self.path}", "X-Fragment: 1")
        try:
            answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b" ", 2)[1] == b"200", head
        return body

    async def follow(self, ready: asyncio.Event) -> None:
        """Read the stream until this task is cancelled."""
        found = _TOPICS.search((await self.draw()).decode())
        assert found is not None
        topics = [("topic", topic) for topic in unescape(found[1]).split()]
        reader, writer = await self._request(f"/live?{urlencode(topics)}")
        with contextlib.closing(writer):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._draw_anew())
                while line := await reader.readline():
                    if line.startswith(b"retry:"):
                        ready.set()
                    if line.startswith(b"data:"):
                        self.told, self.told_at = self.told + 1, time.monotonic()
                        self._drawn.clear()
                        self._news.set()
        raise ConnectionError(f"the stream of {self.path} has ended")

    async def next(self, told: int) -> None:
        """Wait until it was told more often than ``told`` times, and shows it."""
        async with asyncio.timeout(PATIENCE), self._tells:
            await self._tells.wait_for(lambda: self.told > told and self._drawn.is_set())

    async def _draw_anew(self) -> None:
        while True:
            await self._news.wait()
            if self._asks:
                await asyncio.sleep(_GATHER)
            self._news.clear()
            if self._asks:
                await self.draw()
            if not self._news.is_set():
                self._drawn.set()
                async with self._tells:
                    self._tells.notify_all()

    async def _request(
        self, path: str, *headers: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {self._place.netloc}",
            f"Cookie: {self._cookies}",
            "Connection: close",
            *headers,
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await writer.drain()
        return reader, writer


@contextlib.asynccontextmanager
async def opened(*pages: OpenPage) -> AsyncIterator[None]:
    """The pages, open until the end of the block. Each has drawn itself and follows."""
    ready = [asyncio.Event() for _ in pages]
    tasks = [
        asyncio.create_task(page.follow(event)) for page, event in zip(pages, ready, strict=True)
    ]
    try:
        both: asyncio.Future[Any] = asyncio.gather(*(event.wait() for event in ready))
        either: list[asyncio.Future[Any]] = [both, *tasks]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        assert both.done(), [task.exception() for task in tasks if task.done()]
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
