"""Sessions in memory: who listens, what is being answered, and what everyone has been told.

A `LiveSession` tells its listeners the log in order and without holes, whoever wrote it: this
process, or another on the same store. An event that follows the last one told goes out at once;
anything else makes the session read what is missing from the store. So every surprise (a write of
another process, results out of turn, a lost lease) has the same cure, `LiveSession.catch_up`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

import msgspec

from tutor_widget.server.logs import log, tag_of, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store.contract import Answer, Answered, Head, Store, StoreError
from tutor_widget.server.tutors import Greeter, Tutor
from tutor_widget.wire import MAX_REPLY, Event, ServerFrame, State, encode, without_surrogates

from .rate import Bucket
from .replies import Replies

__all__ = ["Listener", "LiveSession", "SessionRegistry"]

GREETING_ID: Final = "_greeting"
_GREETING_TIME: Final = 5.0
"""Seconds a tutor may take over its greeting; without one the session opens all the same."""
_DIALS: Final = 64
"""Instances whose last dial is remembered, so that a late hello of an old connection loses."""


class Listener(Protocol):
    """A connection, as a session sees it."""

    instance: str
    dial: int

    def deliver(self, frame: bytes, event: Event | None = None) -> None:
        """Take one encoded frame; ``event`` is what it holds, if it holds one."""

    def drop(self, code: int, reason: str) -> None:
        """End it; nothing of it counts any more."""


class LiveSession:
    """One session while anybody listens to it or a reply is under way."""

    def __init__(self, registry: SessionRegistry, account: str, name: str, head: Head) -> None:
        loop = asyncio.get_running_loop()
        self.account = account
        self.name = name
        self.key = head.key
        self.tag = tag_of(account, name)
        self.epoch = head.epoch
        self.seq = head.seq
        self.state = head.state
        self.rev = head.rev
        self.bucket = Bucket(registry.settings.rate, loop.time())
        self.replies = Replies(
            self, registry.store, registry.tutor, registry.settings, registry.metrics
        )
        self.listeners: dict[str, Listener] = {}
        self._registry = registry
        self._dials: dict[str, int] = {}
        self._catching_up: asyncio.Task[None] | None = None
        self._again = False
        self.forget: asyncio.TimerHandle | None = None

    # --- who listens ------------------------------------------------------------------------------

    def attach(self, listener: Listener) -> tuple[int, str] | None:
        """Let the listener in, in place of an older connection of its instance.

        If it must not come in, the code and the reason with which to close it.
        """
        if listener.dial < self._dials.get(listener.instance, 0):
            return 4409, "a newer connection of this client has taken over"
        older = self.listeners.get(listener.instance)
        if older is None and len(self.listeners) >= self._registry.settings.instances:
            return 4429, "too many connections share this session"
        self._dials.pop(listener.instance, None)
        self._dials[listener.instance] = listener.dial
        if len(self._dials) > _DIALS:
            del self._dials[next(iter(self._dials))]
        self.listeners[listener.instance] = listener
        if older is None:
            self._registry.listeners += 1
        else:
            older.drop(4409, "a newer connection of this client has taken over")
        if self.forget is not None:
            self.forget.cancel()
        return None

    def detach(self, listener: Listener) -> None:
        """The listener has gone (it may have been replaced before)."""
        if self.listeners.get(listener.instance) is listener:
            del self.listeners[listener.instance]
            self._registry.listeners -= 1
        if not self.listeners:
            self._registry.forget_later(self)

    def broadcast(self, frame: ServerFrame) -> None:
        """Tell everyone; the frame is encoded once."""
        data = encode(frame).encode()
        event = frame if isinstance(frame, Event) else None
        for listener in list(self.listeners.values()):
            listener.deliver(data, event)
        self._registry.metrics.count("frames", len(self.listeners))

    # --- what happened ----------------------------------------------------------------------------

    def committed(self, event: Event) -> None:
        """The store has the event: tell it, or, if it leaves a hole, what is missing first."""
        if event.seq == self.seq + 1:
            self.seq = event.seq
            self.broadcast(event)
        elif event.seq > self.seq:
            self.catch_up_soon()

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None:
        """A tutor's message was committed, perhaps with a new state."""
        # The state first: who acts on the answer finds the state that goes with it.
        if state is not None:
            self._new_state(answered.rev, state)
        self.committed(answered.event)

    def catch_up_soon(self) -> None:
        """Read what the store has more than was told. Many calls make one reading."""
        self._again = True
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up_while_asked())

    @property
    def is_behind(self) -> bool:
        """Whether the last reading failed, so that somebody has to ask for another."""
        return self._again and self._catching_up is None

    async def catch_up(self) -> None:
        """Like `catch_up_soon`, and wait for it."""
        self.catch_up_soon()
        if self._catching_up is not None:
            await asyncio.wait({self._catching_up})

    async def _catch_up_while_asked(self) -> None:
        try:
            while self._again:
                self._again = False
                await self._catch_up()
        except Exception as error:  # noqa: BLE001  # the store cannot be read now
            self._again = True
            log("catching up failed", level="warning", session=self.tag, **where(error))
        finally:
            self._catching_up = None

    async def _catch_up(self) -> None:
        head = await self._registry.store.head(self.key)
        while self.seq < head.seq:
            events = await self._registry.store.read(self.key, self.seq, 500, 1 << 20)
            if not events:
                break
            for event in events:
                self.committed(event)
        self._new_state(head.rev, head.state)
        self.replies.stop(head.stopped)
        if head.waiting:
            self.replies.wake()

    def _new_state(self, rev: int, state: dict[str, Any]) -> None:
        if rev > self.rev:
            self.rev, self.state = rev, state
            self.broadcast(State(rev=rev, state=state))


class SessionRegistry:
    """All live sessions of one server."""

    def __init__(self, store: Store, tutor: Tutor, settings: Settings, metrics: Metrics) -> None:
        self.store = store
        self.tutor = tutor
        self.settings = settings
        self.metrics = metrics
        self.listeners = 0
        """Connections that were welcomed, to all sessions."""
        self._live: dict[tuple[str, str], LiveSession] = {}
        self._draining = False

    @property
    def sessions(self) -> list[LiveSession]:
        return list(self._live.values())

    async def open(self, account: str, name: str) -> LiveSession:
        """The session, from memory or from the store; a new one begins with the greeting."""
        if (live := self._live.get((account, name))) is not None:
            if not live.listeners:
                self.forget_later(live)  # not while the caller is about to attach
            return live
        head = await self.store.open(account, name)
        if head.seq == 0 and isinstance(self.tutor, Greeter):
            head = await self._greet(head, self.tutor)
        # Another hello may have opened it meanwhile: then that one counts.
        live = self._live.get((account, name))
        if live is None:
            live = self._live[account, name] = LiveSession(self, account, name, head)
            self.forget_later(live)
            if head.waiting and not self._draining:
                live.replies.wake()
        return live

    async def resume(self) -> None:
        """Answer what waits for an answer and no living node is answering."""
        for account, name in await self.store.unanswered():
            if self._draining:
                return
            live = await self.open(account, name)
            live.replies.wake()

    async def others_committed(self) -> None:
        """Tell every session what other processes wrote, if they did, or what could not be read."""
        news = await self.store.others_committed()
        for live in self.sessions:
            if news or live.is_behind:
                live.catch_up_soon()

    async def drain(self, patience: float) -> None:
        """Finish the replies under way within ``patience`` seconds, or hand them over."""
        self._draining = True
        await asyncio.gather(*(live.replies.drain(patience) for live in self.sessions))

    def forget_later(self, live: LiveSession) -> None:
        """Drop the session from memory when nobody has come back and nothing is being answered."""
        if live.forget is not None:
            live.forget.cancel()
        loop = asyncio.get_running_loop()
        live.forget = loop.call_later(self.settings.linger, self._forget, live)

    def close(self) -> None:
        """Forget everything at once."""
        for live in self.sessions:
            if live.forget is not None:
                live.forget.cancel()
        self._live.clear()

    def _forget(self, live: LiveSession) -> None:
        if live.listeners:
            return
        if live.replies.busy:
            self.forget_later(live)
            return
        place = (live.account, live.name)
        if self._live.get(place) is live:
            del self._live[place]

    async def _greet(self, head: Head, tutor: Greeter) -> Head:
        state: dict[str, Any] = dict(head.state)
        try:
            async with asyncio.timeout(_GREETING_TIME):
                text = without_surrogates(await tutor.greeting(state))[:MAX_REPLY]
            kept = msgspec.json.decode(msgspec.json.encode(state), type=dict[str, Any])
        except Exception as error:  # noqa: BLE001  # somebody else's program
            log("greeting failed", level="error", **where(error))
            return head
        if not text:
            return head
        answer = Answer(GREETING_ID, "", text, "complete", kept or None)
        try:
            await self.store.greet(head.key, answer)
        except StoreError:
            return head
        return await self.store.head(head.key)
