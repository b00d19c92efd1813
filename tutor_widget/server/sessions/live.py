"""One session in memory: its listeners, and what they were sent.

A `LiveSession` sends its listeners the log in order and without holes. The writer may be this
process, or another one on the same store. An event that follows the last one sent goes out at
once. Any other event makes the session read the missing ones from the store. So every irregular
case (a write of another process, results out of order, a lost lease) has one recovery,
`LiveSession.catch_up`.

What is not durable, the reply that waits or is under way, has one way in too: `LiveSession.show`.
What the worker here makes comes to it by `LiveSession.publish`, which also tells other nodes, and
what another node makes by `LiveSession.hear`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final

from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Answered, Erased, Head, Store
from tutor_widget.server.store.peers import Piece, Present, Wanted
from tutor_widget.server.tutors import Tutor
from tutor_widget.wire import Answering, Delta, Event, ServerFrame, State, encode_bytes

from .listener import Dropped, Listener
from .relay import Relay
from .reply import Unanswered
from .reply_maker import ReplyMaker
from .reply_worker import ReplyWorker
from .slots import Slot, Slots

__all__ = ["LiveSession"]

_DIALS: Final = 64
"""Instances whose last dial is remembered, so that a late hello of an old connection loses."""
_READ_EVENTS: Final = 500
_READ_SIZE: Final = 1 << 20
"""Events, and bytes of events, in one read of the store."""


class LiveSession:
    """One session while it has listeners or a reply is under way.

    ``on_listeners(session)`` is called when a listener was added or removed, and
    ``on_erased(session)`` once, when it became known that the store has the session no more.
    """

    def __init__(
        self,
        account: str,
        name: str,
        head: Head,
        *,
        pseudonyms: Pseudonyms,
        store: Store,
        tutor: Tutor,
        settings: Settings,
        metrics: Metrics,
        slots: Slots,
        on_listeners: Callable[[LiveSession], None],
        on_erased: Callable[[LiveSession], None],
    ) -> None:
        self.account = account
        self.name = name
        self.key = head.key
        self.tag = pseudonyms.of_session(account, name)
        """Stands for the session in logs."""
        self.pseudonym = pseudonyms.of_account(account)
        """Stands for the account in logs and towards clients; None where there are no accounts."""
        self.epoch = head.epoch
        self.seq = head.seq
        self.state = head.state
        self.rev = head.rev
        self.unanswered = Unanswered(head)
        maker = ReplyMaker(self, store, tutor, settings, metrics)
        self.worker = ReplyWorker(
            self, store, maker, lambda changed: Slot(slots, account, head.key, changed)
        )
        self.relay = Relay(self, store.peers, settings.instances, metrics)
        self.listeners: dict[str, Listener] = {}
        """By instance."""
        self.ended: Dropped | None = None
        """Why, if the store has the session no more."""
        self.uses = 0
        """Hellos about to attach, writes and approvals under way: they keep it in memory."""
        self._store = store
        self._most_listeners = settings.instances
        self._metrics = metrics
        self._on_listeners = on_listeners
        self._on_erased = on_erased
        self._dials: dict[str, int] = {}
        self._catching_up: asyncio.Task[None] | None = None
        self._again = False

    @property
    def is_erased(self) -> bool:
        """Whether the store has the session no more, for either reason."""
        return self.ended is not None

    # --- listeners --------------------------------------------------------------------------------

    def attach(self, listener: Listener) -> Dropped | None:
        """Add the listener, in place of an older connection of its instance.

        Returns None, or why the session does not take it.
        """
        if listener.dial < self._dials.get(listener.instance, 0):
            return Dropped.REPLACED
        others = (self.listeners.keys() | self.relay.instances) - {listener.instance}
        if len(others) >= self._most_listeners:
            return Dropped.CROWDED
        self._note_dial(listener.instance, listener.dial)
        if (older := self.listeners.get(listener.instance)) is not None:
            self._remove(older, Dropped.REPLACED)
        self.listeners[listener.instance] = listener
        self.relay.enter(listener)
        self._on_listeners(self)
        return None

    def detach(self, listener: Listener) -> None:
        """Remove the listener, unless a newer connection has replaced it."""
        if self.listeners.get(listener.instance) is listener:
            del self.listeners[listener.instance]
            self.relay.leave(listener)
            self._on_listeners(self)

    def broadcast(self, frame: ServerFrame) -> None:
        """Send the frame to all listeners. It is encoded once."""
        data = encode_bytes(frame)
        for listener in list(self.listeners.values()):
            listener.deliver(frame, data)
        self._metrics.count("frames", len(self.listeners))

    def _remove(self, listener: Listener, why: Dropped) -> None:
        self.detach(listener)
        listener.drop(why)

    def _note_dial(self, instance: str, dial: int) -> None:
        latest = max(dial, self._dials.pop(instance, 0))
        self._dials[instance] = latest
        if len(self._dials) > _DIALS:
            del self._dials[next(iter(self._dials))]

    # --- other nodes ------------------------------------------------------------------------------

    def hear(self, message: Present | Piece | Wanted) -> None:
        """Act on what another node has told of this session."""
        match message:
            case Present():
                self._meet(message)
            case Piece():
                self.relay.hear(message)
            case Wanted():
                self.relay.repeat(message.node)

    def _meet(self, present: Present) -> None:
        """Drop the listeners that have no place beside the connections through all nodes."""
        for one in present.connections:
            self._note_dial(one.instance, one.dial)
        self.relay.present(present.connections)
        for listener in list(self.listeners.values()):
            if (why := self.relay.judge(listener)) is not None:
                self._remove(listener, why)

    # --- the reply --------------------------------------------------------------------------------

    def stop(self, message_id: str) -> None:
        """Stop was pressed for a message that has no answer, and the store has noted it."""
        if message_id in self.unanswered:
            self._note_stopped({message_id})
        else:
            self.catch_up_soon()  # the message itself was not sent yet

    def show(self, frame: Answering | Delta, fence: int = 0) -> bool:
        """Send what became known of a reply, made here or by another node.

        ``fence`` is that of the claim under which the reply is made; 0 for a place in a queue. A
        frame that is late, or that tells nothing new, is ignored: so it may come twice. Returns
        False for it, and for a delta that leaves a gap. After that one the text so far is needed,
        which the node that makes the reply has as `Reply.latest`; without it the listeners get the
        rest with the event.
        """
        if (news := self.unanswered.take(frame, fence)) is None:
            return False
        self.broadcast(news)
        return True

    def publish(self, frame: Answering | Delta, fence: int) -> None:
        """Show a frame of the reply that is made here, and tell the nodes that have listeners."""
        if self.show(frame, fence):
            self.relay.tell(frame, fence)

    async def approve(self, re: str, text: str | None = None, by: str | None = None) -> bool:
        """Publish the held answer to ``re``, with another text if one is given.

        An answer for which Stop was pressed becomes empty. ``by``: see `Store.approve`. False if no
        answer to ``re`` is held.
        """
        answered = await self._store.approve(self.key, re, text, by)
        if not isinstance(answered, Answered):
            return False
        self._metrics.count("replies", status=answered.event.status)
        await self.catch_up()
        return True

    def _note_stopped(self, ids: Collection[str]) -> None:
        if self.unanswered.stop(ids):
            self.worker.stop()

    # --- commits ----------------------------------------------------------------------------------

    def committed(self, event: Event) -> None:
        """The store has the event. Sends it, or reads the missing events if it leaves a hole."""
        if event.seq > self.seq + 1:
            self.catch_up_soon()
        elif event.seq == self.seq + 1:
            self.seq = event.seq
            self.unanswered.sent(event)
            self.broadcast(event)
            self.relay.advanced()

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None:
        """A tutor's message was committed. ``state`` is the new state, None if it stays."""
        # The state goes first (protocol.md §4): a client that reads the answer has its state.
        if state is not None:
            self._set_state(answered.rev, state)
        self.committed(answered.event)

    def end(self, why: Dropped) -> None:
        """The store has this session no more: end its reply, and close its listeners."""
        if self.is_erased:
            return
        self.ended = why
        self.state = {}
        self.worker.abandon()
        for listener in list(self.listeners.values()):
            listener.drop(why)
        self._on_erased(self)

    def catch_up_soon(self) -> None:
        """Start to read what the store has and the listeners lack. Many calls cause one read."""
        self._again = True
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._catch_up_while_asked())

    @property
    def is_catching_up(self) -> bool:
        """Whether it reads the store now. Then its worker may begin a reply."""
        return self._catching_up is not None

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
            self.end(await self._why_it_ended())
            return
        # A state goes before the answer with which it was committed (protocol.md §4). That of later
        # answers is not known yet, so their events wait for the next read.
        self._set_state(head.rev, head.state)
        while self.seq < head.seq:
            events = await self._store.read(self.key, self.seq, _READ_EVENTS, _READ_SIZE)
            if isinstance(events, Erased):
                self.end(await self._why_it_ended())
                return
            if not events:
                break
            for event in events:
                if event.seq <= head.seq:
                    self.committed(event)
        if head.held is not None:
            self.show(Answering(re=head.held, held=True))
        self._note_stopped(head.stopped)
        self.worker.wake()  # for a message that waits, or because it waits for one that does not

    async def _why_it_ended(self) -> Dropped:
        """Retention leaves no mark, and what an erasure deletes has one for a while."""
        found = await self._store.find_session(self.account, self.name)
        return Dropped.ERASED if isinstance(found, Erased) else Dropped.EXPIRED

    def _set_state(self, rev: int, state: dict[str, Any]) -> None:
        if rev > self.rev:
            self.rev, self.state = rev, state
            self.broadcast(State(rev=rev, state=state))
