"""All live sessions of one server: opened on demand, dropped when unused."""

from __future__ import annotations

import asyncio

from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Store
from tutor_widget.server.tutors import Greeter, Tutor

from .greeting import greet
from .live import LiveSession

__all__ = ["SessionRegistry"]


class SessionRegistry:
    """The live sessions of one server, by account and name."""

    def __init__(self, store: Store, tutor: Tutor, settings: Settings, metrics: Metrics) -> None:
        self.store = store
        self.settings = settings
        self.listeners = 0
        """Welcomed connections, of all sessions."""
        self._tutor = tutor
        self._metrics = metrics
        self._live: dict[tuple[str, str], LiveSession] = {}
        self._timers: dict[LiveSession, asyncio.TimerHandle] = {}
        """Sessions without listeners, and when each is dropped from memory."""
        self._pseudonyms: Pseudonyms | None = None
        self._draining = False

    @property
    def sessions(self) -> list[LiveSession]:
        return list(self._live.values())

    async def open(self, account: str, name: str) -> LiveSession:
        """The session, from memory or from the store. A new session gets the tutor's greeting."""
        if (live := self._live.get((account, name))) is not None:
            if not live.listeners:
                self._drop_later(live)  # the caller is about to attach: start the time again
            return live
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(await self.store.secret())
        head = await self.store.open(account, name)
        if head.seq == 0 and isinstance(self._tutor, Greeter):
            head = await greet(self.store, self._tutor, head)
        # Another hello may have opened the session during these awaits.
        if (live := self._live.get((account, name))) is not None:
            return live
        live = self._live[account, name] = LiveSession(
            account,
            name,
            head,
            pseudonyms=self._pseudonyms,
            store=self.store,
            tutor=self._tutor,
            settings=self.settings,
            metrics=self._metrics,
            on_listeners=self._count_listeners,
        )
        self._drop_later(live)
        if head.waiting and not self._draining:
            live.worker.wake()
        return live

    async def resume(self) -> None:
        """Start to answer the messages that wait and that no living node answers."""
        for account, name in await self.store.unanswered():
            if self._draining:
                return
            live = await self.open(account, name)
            live.worker.wake()

    async def others_committed(self) -> None:
        """Make sessions read what other processes wrote, and what could not be read before."""
        news = await self.store.others_committed()
        for live in self.sessions:
            if news or live.is_behind:
                live.catch_up_soon()

    async def drain(self, patience: float) -> None:
        """Finish the replies under way within ``patience`` seconds, or hand them over."""
        self._draining = True
        await asyncio.gather(*(live.worker.drain(patience) for live in self.sessions))

    def close(self) -> None:
        """Drop all sessions at once."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._live.clear()

    def _count_listeners(self, live: LiveSession, change: int) -> None:
        self.listeners += change
        if not live.listeners:
            self._drop_later(live)
        elif (timer := self._timers.pop(live, None)) is not None:
            timer.cancel()

    def _drop_later(self, live: LiveSession) -> None:
        """Start the time after which a session without listeners is dropped."""
        if (timer := self._timers.get(live)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[live] = loop.call_later(self.settings.linger, self._drop, live)

    def _drop(self, live: LiveSession) -> None:
        if live.worker.busy:
            self._drop_later(live)
            return
        del self._timers[live]
        place = (live.account, live.name)
        if self._live.get(place) is live:
            del self._live[place]
