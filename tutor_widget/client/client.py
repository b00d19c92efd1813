"""The kernel-side client: performs what the session decides, and tells of what happens.

One `Client` for each (server, session, credentials) of a process, shared by every chat on it:
`open_client` finds or makes it, `Client.release` by the last listener closes it. All of it lives on
the loop of `tutor_widget.client.loop`.

Other credentials may be another account's, and only a welcome tells. Two clients that were welcomed
as the same account become one: the older hands its queue, its listeners and the answers they wait
for to the newer, and closes. So who keeps a client asks for `Client.current` each time. Two of
different accounts share nothing, nor do two that were welcomed without one: what one adopted for
the other's account moves there.

The journal outlives the client by a moment: what waits is written and the file let go before the
next client on the session reads it.

A machine that slept and a loop that stood still (a C call that holds the GIL stops this thread too)
have heard nothing meanwhile, and that is nobody's fault. The client looks at both clocks whenever
something happens, at the latest every `LOOK_EVERY` seconds; after such a gap it first reads what
has come, then tells the session, and only then does time go on for it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from math import inf
from typing import Any, Final, assert_never

from tutor_widget import words
from tutor_widget.codes import Notice
from tutor_widget.errors import Closed, QueueFull, Refused
from tutor_widget.session import Ending, Message, Phase, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import (
    MAX_CLIENT_FRAME,
    Event,
    Send,
    ServerFrame,
    context_fault,
    encode,
    is_blank,
    without_surrogates,
)

from . import loop as background
from .connection import Link
from .credentials import Credentials
from .endpoint import Target
from .memory import data_folder, digest, user
from .outbox import ORPHANED_AFTER, TOUCH_EVERY, Outbox

MAX_WAITING: Final = 1000
MAX_WAITING_BYTES: Final = 8 << 20
BOUND: Final = 1000
"""Events held, unless a chat asked for older ones."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the clocks, while there is a connection or a wait for one."""
GAP: Final = 2.0
"""Seconds that a timer may be late, or one clock gain on the other, before that is a gap."""
TURNS: Final = 100
"""Of the loop, to read what came during a gap: each takes up to 256 KiB from a socket."""

# The system's own chance: kernels forked from one parent must not come back in step, and the
# program's generator is the program's.
_die: Final = random.SystemRandom()

Listener = Callable[[list[do.Change]], None]


class _Clocks:
    """Tells when time passed without us. The steady clock may stand still in a sleep of the
    machine, and the one on the wall goes on; a loop that stood still comes late to its timer."""

    def __init__(self) -> None:
        self.due = inf  # when we shall look again, by the steady clock
        self._ahead = time.time() - time.monotonic()

    def gap(self) -> bool:
        """Whether there was a gap since the last look."""
        steady = time.monotonic()
        before, self._ahead = self._ahead, time.time() - steady
        return steady - self.due > GAP or abs(self._ahead - before) > GAP


class Client:
    """See the module. Not to be made directly: `open_client`."""

    def __init__(self, target: Target, session: str, name: str) -> None:
        self.target = target
        self._unsafe: Notice | None = None  # why messages cannot be made durable
        self._damage: Notice | None = None  # what of an earlier journal could not be read
        self.session = Session(
            session, secrets.token_hex(8), now=time.monotonic(), client=name, bound=BOUND
        )
        self._listeners: list[Listener] = []
        self._link: Link | None = None
        self._dial = 0
        self._timer: asyncio.TimerHandle | None = None
        self._clocks = _Clocks()
        self._is_coming_round = False
        self._answers: dict[str, concurrent.futures.Future[Event]] = {}
        self._outbox = Outbox(
            data_folder() / "outbox", digest(target.key, session, user()), target.credentials
        )
        self._put: dict[str, Message] = {}  # not yet in the journal
        self._gone: set[str] = set()
        self._unwritten = asyncio.Event()
        self._may_find_more = False
        """Other processes of the session are alive, or were until lately."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._successor: Client | None = None
        self._live_dial = 0  # the last one that became live
        self._moving: dict[str, Client] = {}  # messages to journal, and which client has them still
        self._has_new_journals = False  # ones that may be adopted now
        self.paging = asyncio.Lock()
        """Held while older events are asked for: one page at a time."""
        self.on_erased: list[Callable[[str], None]] = []
        """Called with the session's id when the server says that it was erased."""

    # --- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Adopt what earlier clients left, then connect."""
        key = self._key
        before = _journals.get(key)
        journal = _journals[key] = self._spawn(self._keep_journal(before))

        def forget(_: object) -> None:
            if _journals.get(key) is journal:
                del _journals[key]

        journal.add_done_callback(forget)

    @property
    def _key(self) -> _Key:
        return self.target.key, self.session.session, self.target.credentials

    @property
    def current(self) -> Client:
        """This client, or the one that it has handed over to."""
        client = self
        while client._successor is not None:
            client = client._successor
        return client

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def take_target(self, target: Target) -> None:
        """Whoever comes later knows better: the token may be a new one, and is tried if need be."""
        self.target = target
        if self.session.status in ("failed", "closed"):
            self._take(ev.Nudged(ev.Nudge.BUTTON))

    def listen(self, listener: Listener) -> None:
        """Tell the listener, on the loop, of all changes from now on."""
        self._listeners.append(listener)

    def release(self, listener: Listener) -> None:
        """The listener goes; with the last one the connection does."""
        if listener not in self._listeners:
            return
        self._listeners.remove(listener)
        if not self._listeners:
            self._end()

    def _end(self) -> None:
        del _clients[self._key]
        self.close()

    def send_what_waits(self, then: Callable[[], None]) -> None:
        """Stay until all is sent that waits here, or in the journals of the dead; then call it."""

        def look(_changes: list[do.Change]) -> None:
            client = self.current
            looked = client.session.phase is not Phase.IDLE and not client._may_find_more
            if looked and not client.session.outgoing.messages:
                client.release(look)
                then()

        self.listen(look)
        look([])

    def close(self) -> None:
        """End it: closes politely, journals what waits; `closed` waits until both are through."""
        if self._closed:
            return
        self._take(ev.Left())
        self._closed = True
        self._has_new_journals = False
        self._unwritten.set()
        for answer in self._answers.values():
            _resolve(answer, Closed("The chat was closed; the message stays in the journal."))

    async def closed(self) -> None:
        """Wait until it has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.closed()

    def abandon(self) -> None:
        """In a forked child: let go of the connection, which lives on in the parent."""
        if self._link is not None:
            self._link.abandon()

    # --- what chats ask for, on the loop --------------------------------------------------------

    def say(self, id: str, text: str, context: dict[str, Any] | None = None) -> None:
        """Queue a message under an id; one that is known already is left as it is.

        Raises Refused for what no server would take, QueueFull when too much waits.
        """
        if self._closed:
            raise Closed(code="chat_closed")
        if id in self.session.outgoing.messages or self.session.transcript.holds(id):
            return
        text = without_surrogates(text)
        if is_blank(text):
            raise Refused(code="message_empty")
        if len(text) > self.session.limits.text:
            limit = self.session.limits.text
            raise Refused(code="message_too_long", length=len(text), limit=limit)
        if fault := context_fault(context):
            raise Refused(code="attachment_refused", detail=fault)
        if context is not None and not _is_json(context):
            raise TypeError("a message's context holds what JSON cannot")
        size = _size(id, text, context)
        if size > MAX_CLIENT_FRAME:
            raise Refused(code="message_too_big", size=size, limit=MAX_CLIENT_FRAME)
        # Who edits one takes it back first: it must not be in the way of what replaces it.
        messages = self.session.outgoing.messages.values()
        waiting = [m for m in messages if m.status != "withdrawing"]
        total = size + sum(_size(m.id, m.text, m.context) for m in waiting)
        if len(waiting) >= MAX_WAITING or total > MAX_WAITING_BYTES:
            raise QueueFull(code="queue_full", waiting=len(waiting))
        self._take(ev.Typed(id, text, time.time_ns() // 1_000_000, context))

    def answer(self, id: str) -> concurrent.futures.Future[Event]:
        """The tutor's answer to a message just said, when it comes."""
        return self._answers.setdefault(id, concurrent.futures.Future())

    def happened(self, event: ev.Happened) -> None:
        """Tell the session of something the learner or the program did."""
        if self._closed:
            raise Closed(code="chat_closed")
        self._take(event)

    # --- the session ----------------------------------------------------------------------------

    def _take(self, event: ev.Happened) -> None:
        if self._closed:
            return
        self._mind_the_gap()
        effects = self.session.step(event, time.monotonic(), _die.random())
        changes: list[do.Change] = []
        for effect in effects:
            if isinstance(effect, do.Change):
                changes.append(effect)
            else:
                self._perform(effect)
        self._set_timer()
        self._note_live()
        self._tell(changes, self._listeners)
        self._settle_answers(changes)

    def _note_live(self) -> None:
        if self.session.phase is Phase.LIVE and self._live_dial != self.session.dial:
            self._live_dial = self.session.dial
            if self.session.account is not None:
                self._adopt_soon()
                # Not at once: this may be a step of what is about to end.
                asyncio.get_running_loop().call_soon(_unite, self)

    def _tell(self, changes: list[do.Change], listeners: Iterable[Listener]) -> None:
        for listener in list(listeners) if changes else ():
            # One told before may have had this one leave; and none may break the others.
            if listener in self._listeners:
                try:
                    listener(changes)
                except Exception as error:  # noqa: BLE001 - whatever a front end's end raises
                    background.report("A chat could not be told what happened", error)

    def _perform(self, command: do.Command) -> None:
        match command:
            case do.Dial(dial):
                self._dial = dial
                self._link = Link(self.target.locate, _Reporter(self._take, dial))
            case do.Transmit(frame):
                if self._link is not None:
                    self._link.transmit(frame)
            case do.Ping():
                if self._link is not None:
                    self._link.ping()
            case do.Close(code, reason):
                if self._link is not None:
                    self._link.close(code, reason)
            case do.Abort():
                if self._link is not None:
                    self._link.abort()
            case do.Renew():
                self._spawn(self._renew())
            case do.Save(message):
                self._put[message.id] = message
                self._gone.discard(message.id)
                self._unwritten.set()
            case do.Forget(id):
                self._put.pop(id, None)
                self._gone.add(id)
                self._unwritten.set()
            case do.Erased(account):
                self._put, self._gone = {}, set()
                self._spawn(background.on_disk(self._outbox.erase, account))
                for forget in self.on_erased:
                    forget(self.session.session)
            case _:
                assert_never(command)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._clocks.due = inf
        if (at := self.session.wake_at) is not None and not self._is_coming_round:
            now = time.monotonic()
            wait = min(max(0.0, at - now), LOOK_EVERY)
            self._clocks.due = now + wait
            self._timer = asyncio.get_running_loop().call_later(wait, self._look)

    def _look(self) -> None:
        self._mind_the_gap()
        if not self._is_coming_round:
            self._take(ev.Ticked())

    def _mind_the_gap(self) -> None:
        if self._clocks.gap() and not self._is_coming_round:
            self._is_coming_round = True
            self._clocks.due = inf
            self._spawn(self._come_round())

    async def _come_round(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self._is_coming_round = False
        self._take(ev.Nudged(ev.Nudge.WAKE))

    async def _renew(self) -> None:
        self._take(ev.Renewed(await self.target.renew()))

    def _settle_answers(self, changes: Iterable[do.Change]) -> None:
        if not self._answers:
            return
        for change in changes:
            match change:
                case do.Committed(Event(re=str() as re) as event) if re in self._answers:
                    _resolve(self._answers.pop(re), event)
                case do.TakenBack(id) if id in self._answers:
                    _resolve(self._answers.pop(id), Refused(code="withdrawn"))
                case do.QueueChanged():
                    for message in self.session.outgoing.shown.values():
                        if message.status == "failed" and message.id in self._answers:
                            _resolve(self._answers.pop(message.id), _refusal(message))
                case _:
                    pass

    # --- the journal ----------------------------------------------------------------------------

    @property
    def warning(self) -> Notice | None:
        """What to tell the learner while something is wrong with the journal."""
        return self._unsafe or self._damage

    async def _keep_journal(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        await self._adopt()
        if self.session.phase is Phase.IDLE:  # else the program has decided meanwhile
            self._take(ev.Started())
        while not self._closed:
            # Others on the session may die at any time: even who has nothing to keep looks around.
            idle = self._outbox.is_empty and not self._may_find_more
            try:
                wait = ORPHANED_AFTER if idle else TOUCH_EVERY
                await asyncio.wait_for(self._unwritten.wait(), wait)
                due = True
            except TimeoutError:
                due = bool(self._unsafe)
            if self._outbox.lapsed:
                self._take(ev.Orphaned())
            if due:
                await self._write()
            else:
                with contextlib.suppress(OSError):
                    await background.on_disk(self._outbox.touch)
            if self._has_new_journals or not due:
                await self._adopt()
        if self._put or self._gone:
            await self._write()
        await background.on_disk(self._outbox.close)

    async def _adopt(self) -> None:
        """Take over what earlier clients left."""
        self._has_new_journals = False
        try:
            messages, more = await background.on_disk(self._outbox.adopt, self.session.account)
        except OSError:
            return
        self._may_find_more = more
        if messages:
            self._take(ev.Loaded(tuple(messages)))
            asyncio.get_running_loop().call_soon(_unite, self)
        if self._outbox.aside is not None and not self._damage:
            self._damage = Notice("journal_damaged", {"file": self._outbox.aside.name})
            self._tell([do.ConnectionChanged()], self._listeners)

    def _adopt_soon(self) -> None:
        self._has_new_journals = True
        self._unwritten.set()

    async def _write(self) -> None:
        """One turn of group commit: all that has gathered, one fsync."""
        self._unwritten.clear()
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        try:
            await background.on_disk(self._outbox.write, list(put.values()), list(gone))
            unsafe = None
        except OSError as error:
            unsafe = Notice("not_saved", {"detail": str(error.strerror or error)})
        changed, self._unsafe = unsafe != self._unsafe, unsafe
        self._take(ev.Saved(tuple(put)))
        if not unsafe:
            self._finish_moves()
        if changed:
            self._tell([do.ConnectionChanged()], self._listeners)

    # --- clients of one account -----------------------------------------------------------------

    def _succeed(self, older: Client) -> None:
        """Take over all that is the older client's, and end it."""
        journal = _journals.get(older._key)
        listeners, older._listeners = older._listeners, []
        answers, older._answers = older._answers, {}
        older._successor = self
        older._end()
        self._listeners += listeners
        self.on_erased += older.on_erased
        transcript = self.session.transcript
        transcript.bound = max(transcript.bound, older.session.transcript.bound)
        self._answers |= answers
        self._take(ev.Inherited(older.session.outgoing))
        anew: list[do.Change] = [do.HistoryReplaced(transcript.last)]
        anew += map(do.Committed, transcript.events)
        anew += [do.QueueChanged(), do.ReplyChanged(), do.StateChanged(), do.ConnectionChanged()]
        self._tell(anew, listeners)
        self._settle_answers(anew)  # those that came before
        if journal is not None:
            self._spawn(self._adopt_after(journal))

    def _claim_from(self, other: Client) -> None:
        """Take what the other client has of our account; it keeps that until we have it durably."""
        account = self.session.account
        assert account is not None
        queue = other.session.outgoing.part(account)
        if not queue.messages:
            return
        for id in queue.messages.keys() & other._answers.keys():
            self._answers[id] = other._answers.pop(id)
        self._moving |= dict.fromkeys(queue.messages, other)
        self._take(ev.Inherited(queue))
        self._unwritten.set()

    def _finish_moves(self) -> None:
        """All that is alive is in the journal, except what is to be put there."""
        for id, other in list(self._moving.items()):
            if id not in self._put:
                del self._moving[id]
                other.current._take(ev.HandedOver((id,)))

    async def _adopt_after(self, journal: asyncio.Task[None]) -> None:
        """The older's journal is adopted once it is let go: so nothing is lost if ours fails."""
        await asyncio.wait([journal])
        self.current._adopt_soon()  # it may have been handed on meanwhile


class _Reporter:
    """Tells the session of one dial's link."""

    def __init__(self, take: Callable[[ev.Happened], None], dial: int) -> None:
        self._take = take
        self._dial = dial

    def located(self) -> None:
        self._take(ev.Located(self._dial))

    def opened(self) -> None:
        self._take(ev.Opened(self._dial))

    def heard(self) -> None:
        self._take(ev.Heard(self._dial))

    def received(self, frame: ServerFrame) -> None:
        self._take(ev.Received(self._dial, frame))

    def pinged(self, backlog: int) -> None:
        self._take(ev.Pinged(self._dial, backlog))

    def dropped(self, ending: Ending) -> None:
        self._take(ev.Dropped(self._dial, ending))


def _resolve(answer: concurrent.futures.Future[Event], outcome: Event | Exception) -> None:
    if answer.done():  # given up by who asked
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _refusal(message: Message) -> Refused:
    return Refused(message.reason or words.sentence(message.code))


def _size(id: str, text: str, context: dict[str, Any] | None) -> int:
    """Bytes of the frame that a message is sent in."""
    return len(encode(Send(id, text, context)).encode())


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


_Key = tuple[str, str, Credentials]

_clients: dict[_Key, Client] = {}
"""Oldest first."""
_journals: dict[_Key, asyncio.Task[None]] = {}
"""Of each, the journal that was opened last and is not yet let go."""
_seen: dict[tuple[str, str], list[Credentials]] = {}
"""Of each server and session, the credentials that this process has seen, in that order."""


def open_client(target: Target, session: str, listener: Listener, name: str) -> Client:
    """The client of this server, session and credentials, made and started if there is none.

    On the loop. It may hand over to another later: see `Client.current`.
    """
    key = (target.key, session, target.credentials)
    client = _clients.get(key)
    if client is None:
        background.at_end(_close_all)
        client = _clients[key] = Client(target, session, name)
        client.start()
    else:
        client.take_target(target)
    client.listen(listener)
    return client


def ordinal(target: Target, session: str) -> int:
    """The place of these credentials among those that were seen for this server and session.

    It names them where nothing may that is made of them, and is the same when the kernel is
    restarted and the notebook runs again. On the loop.
    """
    seen = _seen.setdefault((target.key, session), [])
    if target.credentials not in seen:
        seen.append(target.credentials)
    return seen.index(target.credentials)


def _unite(client: Client) -> None:
    """An account has one client from now on: its newest, once that is live. What clients of other
    accounts hold for it moves there."""
    if client._closed:
        return
    log = (client.target.key, client.session.session)
    clients = [c for key, c in _clients.items() if key[:2] == log]
    if (account := client.session.account) is not None:
        *olders, newest = [c for c in clients if c.session.account == account]
        if newest.session.phase is Phase.LIVE:
            for older in olders:
                newest._succeed(older)
    client = client.current
    for other in clients:
        if other.current is other and other.session.account != client.session.account:
            for one, another in ((client, other), (other, client)):
                if one.session.phase is Phase.LIVE and one.session.account is not None:
                    one._claim_from(another)


def send_left(target: Target, session: str, then: Callable[[], None], name: str) -> None:
    """Send what waits in a session that no chat shows; call ``then`` once nothing does. On the
    loop."""
    client = open_client(target, session, _nobody, name)
    client.send_what_waits(then)
    client.release(_nobody)


def _nobody(_changes: list[do.Change]) -> None:
    """Listens where no chat does."""


async def _close_all() -> None:
    closing = list(_clients.values())
    for client in closing:
        client.close()
    await asyncio.gather(*_journals.values())
    await asyncio.gather(*(client.closed() for client in closing))


def _forget() -> None:
    """In a forked child: nothing of the parent's is ours. Sockets are closed, on our side alone."""
    for client in _clients.values():
        client.abandon()
    _abandoned.extend(_clients.values())
    _clients.clear()
    _journals.clear()
    _seen.clear()


_abandoned: list[Client] = []
"""A parent's clients: kept, so that no task of theirs is destroyed here while it is pending."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
