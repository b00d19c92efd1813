"""Tells an open page what has changed, as server-sent events. The page then asks for itself anew.

An event names topics, and no more: what a page shows is always made for its teacher.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from typing import Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from tutor_widget.dashboard.follow.topics import Subscription
from tutor_widget.dashboard.roles import may_read

from .page import Page

__all__ = ["Live"]

_BEAT: Final = 15.0
"""Seconds after which a line is sent anyway: so each side sees that the other is there."""
_TOPIC: Final = re.compile(r"[a-z]{1,20}(?:-([0-9]{1,18}))?")
_MOST_TOPICS: Final = 10
_MOST: Final = 500
"""Pages that are open at once."""


class Live(Page):
    """One connection for each open page."""

    is_fragment = True
    _task: asyncio.Task[None] | None = None

    async def get(self) -> None:
        topics = [topic for topic in self.get_query_arguments("topic") if self._may_follow(topic)]
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

    def _may_follow(self, topic: str) -> bool:
        """Whether this is a topic, and none of a learner whom she may not see."""
        if (found := _TOPIC.fullmatch(topic)) is None:
            return False
        if found[1] is None:
            return True
        listed = self.desk.follower.directory.get(int(found[1]))
        return listed is not None and may_read(self.teacher, listed)

    def on_connection_close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _tell(self, subscription: Subscription) -> None:
        with contextlib.suppress(StreamClosedError):
            await self._send("retry: 2000\n\n")
            known_until = time.monotonic() + _BEAT
            while True:
                changed = await subscription.changed(_BEAT)
                if time.monotonic() >= known_until:
                    if not await self._is_signed_in():
                        return
                    known_until = time.monotonic() + _BEAT
                await self._send(
                    f"data: {json.dumps(sorted(changed))}\n\n" if changed else ": here\n\n"
                )

    async def _send(self, lines: str) -> None:
        self.write(lines)
        await self.flush()

    async def _is_signed_in(self) -> bool:
        """Whether she is still the one who opened the page: a token may be taken away."""
        with contextlib.suppress(HTTPError):
            return await self.desk.authenticator.identify(self) == self.teacher
        return False
