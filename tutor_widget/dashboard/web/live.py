"""Tells an open page what has changed, as server-sent events. The page then asks for itself anew.

An event names topics, and no more: what a page shows is always made for its teacher.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from tutor_widget.dashboard.follow.topics import Subscription

from .page import Page

__all__ = ["Live"]

_BEAT: Final = 15.0
"""Seconds after which a line is sent anyway: so each side sees that the other is there."""
_TOPIC: Final = re.compile(r"[a-z]{1,20}(-\d{1,18})?")
_MOST_TOPICS: Final = 10
_MOST: Final = 500
"""Pages that are open at once."""


class Live(Page):
    """One connection for each open page."""

    is_fragment = True
    _task: asyncio.Task[None] | None = None

    async def get(self) -> None:
        topics = [topic for topic in self.get_query_arguments("topic") if _TOPIC.fullmatch(topic)]
        registry = self.desk.follower.topics
        if len(registry) >= _MOST:
            raise HTTPError(503)
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")  # of a proxy before it
        with registry.subscribed(topics[:_MOST_TOPICS]) as subscription:
            self._task = asyncio.create_task(self._tell(subscription))
            self.desk.streams.add(self._task)
            await asyncio.wait({self._task})
            self.desk.streams.discard(self._task)

    def on_connection_close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _tell(self, subscription: Subscription) -> None:
        with contextlib.suppress(StreamClosedError):
            await self._send("retry: 2000\n\n")
            while True:
                if changed := await subscription.changed(_BEAT):
                    await self._send(f"data: {json.dumps(sorted(changed))}\n\n")
                elif await self._is_signed_in():
                    await self._send(": here\n\n")
                else:
                    return

    async def _send(self, lines: str) -> None:
        self.write(lines)
        await self.flush()

    async def _is_signed_in(self) -> bool:
        """Whether she is still the one who opened the page: a token may be taken away."""
        with contextlib.suppress(HTTPError):
            return await self.desk.authenticator.identify(self) == self.teacher
        return False
