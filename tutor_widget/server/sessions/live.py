"""One session in memory: its listeners, and what they were sent.

A `LiveSession` sends its listeners the log in order and without holes. The writer may be this
process, or another one on the same store. An event that follows the last one sent goes out at
once. Any other event makes the session read the missing ones from the store. So every irregular
case (a write of another process, results out of order, a lost lease) has one recovery,
`LiveSession.catch_up`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from tutor_widget.server.logs import log, tag_of, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Answered, Erased, Head, Store
from tutor_widget.server.tutors import Tutor
from tutor_widget.wire import Event, ServerFrame, State, encode

from .rate import Bucket
from .reply import Reply
from .reply_worker import ReplyWorker

__all__ = ["ERASED", "Listener", "LiveSession"]

_DIALS: Final = 64
"""Instances whose last dial is remembered, so that a late hello of an old connection loses."""
ERASED: Final = (4410, "this conversation was deleted")
"""Code and reason with which connections of an erased session are closed."""
_READ_EVENTS: Final = 500
_READ_SIZE: Final = 1 << 20
"""Events, and bytes of events, in one read of the store."""


class Listener(Protocol):
    """A connection, as a session sees it."""

    instance: str
    dial: int

    def deliver(self, frame: bytes, event: Event | None = None) -> None:
        """Send one encoded frame. ``event`` is the event that it holds, if it holds one."""

    def close(self, code: int, reason: str) -> None:
        """Close the connection. No frame that arrives after this call has an effect."""


class LiveSession:
    """One session while it has listeners or a reply is under way.

    ``on_listeners(session, change)`` is called when a listener was added (+1) or removed (-1).
    """

    def __init__(
        self,
        account: str,
        name: str,
        head: Head,
        *,
        store: Store,
        tutor: Tutor,
        settings: Settings,
        metrics: Metrics,
        on_listeners: Callable[[LiveSession, int], None],
    ) -> None:
        self.account = account
        self.name = name
        self.key = head.key
        self.tag = tag_of(account, name)
        self.epoch = head.epoch
        self.seq = head.seq
        self.state = head.state
        self.rev = head.rev
        self.bucket = Bucket(settings.rate, asyncio.get_running_loop().time())
        self.reply: Reply | None = None
        """The reply under way, for clients that connect during it. The worker sets it."""
        self.worker = ReplyWorker(self, store, tutor, settings, metrics)
        self.listeners: dict[str, Listener] = {}
        """By instance."""
        self.is_erased = False
        self._store = store
        self._most_listeners = settings.instances
        self._metrics = metrics
        self._on_listeners = on_listeners
        self._dials: dict[str, int] = {}
        self._catching_up: asyncio.Task[None] | None = None
        self._again = False

    # --- listeners --------------------------------------------------------------------------------

    def attach(self, listener: Listener) -> tuple[int, str] | None:
        """Add the listener, in place of an older connection of its instance.

        Returns None, or the code and the reason with which to close the connection instead.
        """
        if listener.dial < self._dials.get(listener.instance, 0):
            return 4409, "a newer connection of this client has taken over"
        older = self.listeners.get(listener.instance)
        if older is None and len(self.listeners) >= self._most_listeners:
            return 4429, "too many connections share this session"
        self._dials.pop(listener.instance, None)
        self._dials[listener.instance] = listener.dial
        if len(self._dials) > _DIALS:
            del self._dials[next(iter(self._dials))]
        self.listeners[listener.instance] = listener
        if older is None:
            self._on_listeners(self, +1)
        else:
            older.close(4409, "a newer connection of this client has taken over")
        return None

    def detach(self, listener: Listener) -> None:
        """Remove the listener, unless a newer connection has replaced it."""
        if self.listeners.get(listener.instance) is listener:
            del self.listeners[listener.instance]
            self._on_listeners(self, -1)

    def broadcast(self, frame: ServerFrame) -> None:
        """Send the frame to all listeners. It is encoded once."""
        data = encode(frame).encode()
        event = frame if isinstance(frame, Event) else None
        for listener in list(self.listeners.values()):
            listener.deliver(data, event)
        self._metrics.count("frames", len(self.listeners))

    # --- commits ----------------------------------------------------------------------------------

    def committed(self, event: Event) -> None:
        """The store has the event. Sends it, or reads the missing events if it leaves a hole."""
        if event.seq == self.seq + 1:
            self.seq = event.seq
            self.broadcast(event)
        elif event.seq > self.seq:
            self.catch_up_soon()

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None:
        """A tutor's message was committed. ``state`` is the new state, None if it stays."""
        # The state goes first (protocol.md §4): a client that reads the answer has its state.
        if state is not None:
            self._set_state(answered.rev, state)
        self.committed(answered.event)

    def erased(self) -> None:
        """The store has this session no more: end its reply, and close its listeners."""
        self.is_erased = True
        self.state = {}
        self.worker.abandon()
        for listener in list(self.listeners.values()):
            listener.close(*ERASED)

    def catch_up_soon(self) -> None:
        """Start to read what the store has and the listeners lack. Many calls cause one read."""
        self._again = True
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up_while_asked())

    @property
    def is_behind(self) -> bool:
        """Whether the last read failed, so that another `catch_up_soon` is needed."""
        return self._again and self._catching_up is None

    async def catch_up(self) -> None:
        """Like `catch_up_soon`, and waits until the read has ended."""
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
            log("catch-up failed", level="warning", session=self.tag, **where(error))
        finally:
            self._catching_up = None

    async def _catch_up(self) -> None:
        head = await self._store.head(self.key)
        if isinstance(head, Erased):
            self.erased()
            return
        while self.seq < head.seq:
            events = await self._store.read(self.key, self.seq, _READ_EVENTS, _READ_SIZE)
            if isinstance(events, Erased):
                self.erased()
                return
            if not events:
                break
            for event in events:
                self.committed(event)
        self._set_state(head.rev, head.state)
        self.worker.stop(head.stopped)
        if head.waiting:
            self.worker.wake()

    def _set_state(self, rev: int, state: dict[str, Any]) -> None:
        if rev > self.rev:
            self.rev, self.state = rev, state
            self.broadcast(State(rev=rev, state=state))
